import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { catalogue, largestKeyValue, parseJson, type JsonObject } from '@attune/core';
import { readPackFolder } from '@attune/pack';
import { registerPack } from '@attune/engine';
import { expect, test } from 'vitest';
import { builtInSets, permissions, permits } from '../../src/api/auth/permission.ts';
import {
  batchLimit,
  bodyLimits,
  logLimit,
  maxNesting,
  pageLimit,
  treeLimit,
  waitingLimit,
} from '../../src/api/edge/limits.ts';
import { dataOf, testApi, type Answer } from './support.test-support.ts';

const root = join(import.meta.dirname, '../../../..');
const page = join(root, 'docs', 'http-api.md');
const text = readFileSync(page, 'utf8');

/** With ATTUNE_PRINT_DOCS=1 the printed parts are written anew instead of compared. */
function expectPrinted(name: string, rows: string[]): void {
  const pattern = new RegExp(`(<!-- printed: ${name} -->\\n)([\\s\\S]*?)(<!-- end -->)`);
  const printed = `${rows.join('\n')}\n`;
  if (process.env['ATTUNE_PRINT_DOCS'] === '1') {
    const before = readFileSync(page, 'utf8');
    writeFileSync(
      page,
      before.replace(pattern, (_, start: string, __, end: string) => start + printed + end),
    );
  } else expect(pattern.exec(text)?.[2]).toBe(printed);
}

test('docs/http-api.md prints errors, limits and permissions from their tables', () => {
  expectPrinted('errors', [
    '| `code` | Status |',
    '|---|---|',
    ...Object.entries(catalogue).map(([code, { status }]) => `| \`${code}\` | ${status} |`),
  ]);
  const size = (bytes: number) => (bytes % 1_048_576 === 0 ? `${bytes / 1_048_576} MiB` : `${bytes / 1024} KiB`);
  expectPrinted('limits', [
    '| What | Limit | Beyond |',
    '|---|---|---|',
    `| A JSON body | ${size(bodyLimits.json)} | \`too_large\` |`,
    `| A webhook's body | ${size(bodyLimits.webhook)} | \`too_large\` |`,
    `| The body of a batch | ${size(bodyLimits.batch)} | \`too_large\` |`,
    `| Entries of a batch | ${batchLimit.entries} | \`too_many\` |`,
    `| What waits in one process to be stored | ${waitingLimit.requests} requests, ${size(waitingLimit.bytes)} | \`overloaded\` |`,
    `| The body of \`packs/register\` | ${size(bodyLimits.pack)} | \`too_large\` |`,
    `| The body of \`webhook/sign\` | ${size(bodyLimits.sign)} | \`too_large\` |`,
    `| The value of a key | ${size(largestKeyValue)} of JSON | \`too_large\` |`,
    `| Nesting of a body | ${maxNesting} levels | \`malformed_json\` |`,
    `| Rows of a page | ${pageLimit.default}, at most ${pageLimit.most} | \`bad_request\` |`,
    `| Bytes of one log answer | ${size(logLimit.default)}, at most ${size(logLimit.most)} | \`bad_request\` |`,
    `| Executions of a tree | ${treeLimit} | \`truncated\` is true |`,
  ]);
  expectPrinted('permissions', [
    '| Permission | `core.admin` | `core.viewer` |',
    '|---|---|---|',
    ...permissions.map((permission) => {
      const has = (set: keyof typeof builtInSets) => (permits(builtInSets[set].grants, permission) ? 'yes' : '');
      return `| \`${permission}\` | ${has('admin')} | ${has('viewer')} |`;
    }),
  ]);
});

/** The page's examples are for people with a shell and curl; where there is none, the rest of the tests still says that the API works. */
const hasCurl = spawnSync('curl', ['--version']).status === 0;

test.skipIf(!hasCurl)('the examples of docs/http-api.md do what the page says (needs curl)', async () => {
  await using api = await testApi();
  await registerPack(
    api.db,
    { files: await readPackFolder(join(root, 'packs', 'core')), source_path: null },
    api.secrets,
  );
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  const run = async (name: string): Promise<Answer['body']> => {
    const script = new RegExp(`<!-- example: ${name} -->\\n\`\`\`sh\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
    if (script === undefined) throw new Error(`The page has no example '${name}'`);
    const env = { PATH: process.env['PATH'], URL: url, TOKEN: api.admin };
    const { stdout } = await promisify(execFile)('sh', ['-c', script.replace('curl ', 'curl -s ')], { env });
    return parseJson(stdout) as JsonObject;
  };
  const first = await run('execute');
  expect(first['data']).toMatchObject({ action_ref: 'core.echo', config: { message: 'hello' } });
  expect((await run('execute'))['data']).toMatchObject({ id: (first['data'] as JsonObject)['id'] as string });
  expect(await run('list')).toMatchObject({ data: [{ action_ref: 'core.echo' }], next_cursor: null });
  expect((await run('error'))['error']).toMatchObject({
    code: 'invalid_input',
    message: "Invalid parameters for action 'core.echo'",
    details: [{ pointer: '/parameters/mesage' }],
  });
  expect(dataOf(await api.call('GET', '/auth/me', { token: api.admin }))['login']).toBe('admin');
});
