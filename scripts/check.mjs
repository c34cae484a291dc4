// npm run check: everything but the tests. Types, lint, format, dead code; two at a time.
import { join } from 'node:path';
import { ensureBuilt, requireNode, root, run } from './lib.mjs';

const bin = (name, ...path) => join(root, 'node_modules', name, ...path);
const checks = [
  ['types', [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.test.json', '--noEmit']],
  ['lint', [bin('eslint', 'bin', 'eslint.js'), '.', '--max-warnings=0']],
  ['format', [bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.']],
  ['dead code', [bin('knip', 'bin', 'knip.js')]],
];

export async function check() {
  const failed = [];
  const queue = [...checks];
  const lane = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [name, args] = next;
      const started = performance.now();
      const code = await run(process.execPath, args);
      console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
      if (code !== 0) failed.push(name);
    }
  };
  await Promise.all([lane(), lane()]);
  return failed;
}

if (process.argv[1] === import.meta.filename) {
  requireNode();
  await ensureBuilt();
  const failed = await check();
  if (failed.length > 0) {
    console.error(`\nFailed: ${failed.join(', ')}`);
    process.exit(1);
  }
}
