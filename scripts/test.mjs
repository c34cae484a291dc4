// npm test [-- FILTER ...]: installs and builds what is needed, checks the code, then runs every test against a real PostgreSQL.
// npm run test:pg15 does the same on PostgreSQL 15.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './check.mjs';
import { ensureBuilt, requireNode, root, run } from './lib.mjs';

requireNode();
const args = process.argv.slice(2);
const at = args.indexOf('--postgres');
const postgres = at === -1 ? '18' : args.splice(at, 2)[1];
await ensureBuilt();

const failed = args.length === 0 ? await check() : [];
const folder = mkdtempSync(join(tmpdir(), 'attune-test-'));
const report = join(folder, 'report.json');
const code = await run(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${report}`,
    ...args,
  ],
  { env: { ...process.env, ATTUNE_TEST_POSTGRES: postgres } },
);
let totals = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [] };
try {
  totals = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  failed.push('the test run gave no report');
}
rmSync(folder, { recursive: true, force: true });
if (code !== 0) failed.push('tests');

/** A skipped test says in its name what it needs; one that does not is a failure. */
const skipped = totals.testResults.flatMap((file) =>
  file.assertionResults.filter(
    (test) => test.status === 'pending' || test.status === 'skipped' || test.status === 'todo',
  ),
);
for (const test of skipped) console.log(`skipped: ${test.fullName}`);
if (args.length === 0 && skipped.some((test) => !/\(needs .+\)$/.test(test.title)))
  failed.push('a test is skipped without a reason');

console.log(`\nPostgreSQL ${postgres}, Node ${process.version}`);
if (failed.length > 0) console.log(`Failed: ${failed.join(', ')}`);
console.log(`${totals.numPassedTests} passed, ${totals.numFailedTests} failed, ${totals.numPendingTests} skipped`);
process.exit(failed.length > 0 ? 1 : 0);
