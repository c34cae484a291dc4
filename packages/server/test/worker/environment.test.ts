import { afterAll, expect, test } from 'vitest';
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { until } from '../../../../testing/until.ts';
import { baseEnvironment } from '../../src/worker/environment.ts';
import { openBench, textOf } from './bench.ts';

const bench = openBench();
afterAll(() => bench[Symbol.asyncDispose]());

const printEnvironment = {
  runner_type: 'nodejs',
  output_format: 'json',
  script: 'console.log(JSON.stringify(process.env))',
} as const;

test('an action sees exactly the listed variables', async () => {
  const { result, started } = await bench.run(printEnvironment, {
    attempt: { execution: '42', attempt: 3, rule_ref: 'demo.on_push', trigger_ref: 'demo.push' },
  });
  const data = result['data'] as Record<string, string>;
  const folder = dirname(String(data['HOME']));
  expect(dirname(folder)).toBe(bench.scratch);
  expect(data).toEqual({
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    HOME: `${folder}/home`,
    TMPDIR: `${folder}/tmp`,
    ATTUNE_EXEC_ID: '42',
    ATTUNE_ACTION: 'demo.script',
    ATTUNE_PACK_REF: 'demo',
    ATTUNE_API_URL: 'http://127.0.0.1:1',
    ATTUNE_PARAMETER_DELIVERY: 'stdin',
    ATTUNE_PARAMETER_FORMAT: 'json',
    ATTUNE_RULE: 'demo.on_push',
    ATTUNE_TRIGGER: 'demo.push',
    ATTUNE_ATTEMPT: '3',
    ATTUNE_ATTEMPT_TOKEN: started.token,
  });
});

test('rule, trigger and API are left out where there are none', async () => {
  const { result } = await bench.run(printEnvironment, { deps: { apiUrl: undefined } });
  const names = Object.keys(result['data'] as object);
  for (const name of ['ATTUNE_RULE', 'ATTUNE_TRIGGER', 'ATTUNE_API_URL', 'ATTUNE_PARAMETER_FILE', 'PYTHONPATH']) {
    expect(names).not.toContain(name);
  }
});

test('what the configuration allows is passed on, and nothing else', () => {
  const own = { PATH: '/bin', PROXY: 'http://proxy', TOKEN: 'secret', TZ: 'Europe/Oslo' };
  expect(baseEnvironment(own, ['PROXY', 'ABSENT'])).toEqual({
    PATH: '/bin',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    PROXY: 'http://proxy',
  });
  expect(baseEnvironment(own, ['TZ'])).toMatchObject({ TZ: 'Europe/Oslo' });
});

test('home and temporary folder are private, writable and gone afterwards', async () => {
  const { result } = await bench.run({
    script:
      'touch "$HOME/a" "$TMPDIR/b"; stat -c %a "$HOME" "$TMPDIR" 2>/dev/null || stat -f %Lp "$HOME" "$TMPDIR"; echo "$HOME"',
  });
  const [home, temporary, path] = textOf(result).trim().split('\n');
  expect([home, temporary]).toEqual(['700', '700']);
  await until('it is gone', () => !existsSync(String(path)) && !existsSync(dirname(String(path))));
});

test('no folder is left when the worker stops', async () => {
  const other = openBench();
  await other.run({ script: 'touch "$HOME/a"' });
  await other.runners.close();
  expect(readdirSync(other.scratch)).toEqual([]);
  await other[Symbol.asyncDispose]();
});

test("a Python action imports the pack's lib, and works in the pack's folder", async () => {
  bench.file('lib/tide.py', 'LEVEL = 3\n');
  const { kind, result } = await bench.run({
    runner_type: 'python',
    output_format: 'json',
    script: 'import json, os, tide\nprint(json.dumps([tide.LEVEL, os.getcwd()]))\n',
  });
  expect(kind).toBe('succeeded');
  expect(result['data']).toEqual([3, bench.pack]);
  expect(existsSync(`${bench.pack}/lib/__pycache__`)).toBe(false);
});
