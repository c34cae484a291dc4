import type { Simulation } from '@attune/core';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '../../program.ts';
import { projectRoot } from '../../project-root.ts';
import { testTerminal } from '../../terminal.test-support.ts';

const pack = {
  'pack.yaml': 'ref: xs\nversion: 1.0.0\n',
  'actions/do.yaml': 'ref: xs.do\nentry_point: do.sh\n',
  'actions/do.sh': 'true\n',
  'workflows/flow.yaml': `
ref: xs.flow
version: "1"
parameters: { limit: { type: integer, required: true } }
tasks:
  - name: ask
    action: xs.do
    retry: { count: 1, delay: 5, on_error: result().code == 503 }
    next:
      - { when: result().n > parameters.limit, publish: [{ big: true }], do: [high] }
      - { when: result().n <= parameters.limit, do: [low] }
  - { name: high, action: core.echo, when: vars.mail, input: { message: big } }
  - { name: low, action: core.echo, input: { message: "n is {{ task.ask.n }}" } }
vars: { mail: false }
`,
  'tests/flow.test.yaml': `
workflow: xs.flow
parameters: { limit: 3 }
cases:
  - { name: small, results: { ask: { data: { n: 1 } } }, expect: { status: completed, sequence: [ask, low] } }
  - { name: large, results: { ask: { data: { n: 9 } } }, expect: { skipped: [high], variables: { big: true } } }
`,
};

async function attune(files: Record<string, string>, ...args: string[]) {
  await using terminal = await testTerminal();
  await symlink(join(projectRoot, 'packs'), join(terminal.folder, 'packs'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(terminal.folder, path)), { recursive: true });
    await writeFile(join(terminal.folder, path), text);
  }
  const exit = await runProgram(terminal, args);
  return { exit, stdout: terminal.written.stdout(), stderr: terminal.written.stderr() };
}

const inFolder = (files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`x/${path}`, text]));

const simulate = (results: string, ...args: string[]) =>
  attune({ ...inFolder(pack), 'results.yaml': results }, 'workflow', 'simulate', '--dir', 'x', ...args);

test('a simulation of a pack in a folder tells the order, the decisions with their proofs, and the end', async () => {
  const { exit, stdout, stderr } = await simulate(
    'ask: [{ error: busy, data: { code: 503 } }, { data: { n: 7 } }]\nlow: {}\n',
    ...['--param', 'limit=3', '--results', 'results.yaml'],
  );
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(stdout).toBe(`      0s  begins
            → ask  {}
      1s  ✗ ask  failed (given): busy
            retry.on_error  result().code == 503  is true:  503 == 503
            tried again in 5s (retry 1)
      6s  → ask (attempt 2)
      7s  ✓ ask (attempt 2)  succeeded (given)
            ✓ next[0]  result().n > parameters.limit  is true:  7 > 3
                big = true
            – next[1]  result().n <= parameters.limit  is false:  7 <= 3
            – high is skipped: its condition is false: vars.mail
                when  vars.mail  is false

status    completed
duration  7s
tasks     completed: ask; skipped: high; not run: low
variables:
  mail: false
  big: true
result:
  succeeded: true

Results that were not used: results.yaml:2:6
`);
});

test('the same as JSON, for programs', async () => {
  const { stdout } = await simulate('ask: { data: { n: 1 } }', '--param', 'limit=3', '--results', 'results.yaml', '-j');
  const simulation = JSON.parse(stdout) as Simulation & { seed: null; unused: unknown[] };
  expect(simulation).toMatchObject({ workflow_ref: 'xs.flow', status: 'completed', seed: null, unused: [] });
  expect(simulation.assumed).toMatchObject([{ task: 'low' }]);
  expect(simulation.steps.map(({ kind, at_seconds }) => [kind, at_seconds])).toEqual([
    ['decided', 0],
    ['decided', 1],
    ['decided', 2],
  ]);
});

test('a seed gives the same run again, and --strict wants a result for every attempt', async () => {
  const seeded = async (seed: string) => (await simulate('', '--param', 'limit=3', '--seed', seed, '-j')).stdout;
  expect(await seeded('5')).toBe(await seeded('5'));
  expect(await seeded('5')).not.toBe(await seeded('6'));
  const strict = await simulate(
    'ask: { data: { n: 1 } }',
    '--param',
    'limit=3',
    '--results',
    'results.yaml',
    '--strict',
  );
  expect(strict).toMatchObject({ exit: 2, stdout: '' });
  expect(strict.stderr).toContain('1 attempt(s) have no result\n  expected a result for low');
});

test('every mistake names its place', async () => {
  const mistake = async (results: string, ...args: string[]) => (await simulate(results, ...args)).stderr;
  expect(await mistake('', '--param', 'limt=3')).toContain(
    '/parameters/limt: "limt" is not a known name. Did you mean "limit"?',
  );
  expect(await mistake('as: {}', '--param', 'limit=3', '--results', 'results.yaml')).toContain(
    'results.yaml:1:1: The workflow xs.flow has no task "as". Did you mean "ask"?',
  );
  expect(await mistake('ask: [', '--param', 'limit=3', '--results', 'results.yaml')).toMatch(/results.yaml:\d+:\d+: /);
  expect(await mistake('', 'xs.flo', '--param', 'limit=3')).toContain(
    `has no workflow 'xs.flo'. Did you mean "xs.flow"?`,
  );
  expect(await mistake('', '--config', 'limit')).toContain("--config 'limit' is not NAME=VALUE");
  expect((await attune({}, 'workflow', 'simulate')).stderr).toContain('Expected the ref of a workflow');
  const broken = { ...pack, 'workflows/flow.yaml': pack['workflows/flow.yaml'].replace('[low]', '[lo]') };
  const refused = await attune(inFolder(broken), 'workflow', 'simulate', '--dir', 'x');
  expect([refused.exit, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/workflows\/flow.yaml:11:\d+: Task "ask" leads to "lo"/),
  ]);
});

test('tests of a pack: what passes, what fails and where, and a filter', async () => {
  const passed = await attune(inFolder(pack), 'workflow', 'test', 'x');
  expect(passed).toEqual({
    exit: 0,
    stdout: '✓ xs.flow  small\n✓ xs.flow  large\n\n2 passed, 0 failed\n',
    stderr: '',
  });
  const wrong = {
    ...pack,
    'tests/flow.test.yaml': pack['tests/flow.test.yaml'].replace('sequence: [ask, low]', 'sequence: [ask, high]'),
  };
  const failed = await attune(inFolder(wrong), 'workflow', 'test', 'x');
  expect(failed).toMatchObject({ exit: 1, stderr: '' });
  expect(failed.stdout).toBe(`✗ xs.flow  small
    x/tests/flow.test.yaml:5:103  sequence[1]
      expected  "high"
      got       "low"
      tasks started in this order: ask, low
✓ xs.flow  large

1 passed, 1 failed
`);
  const one = await attune(inFolder(wrong), 'workflow', 'test', 'x', '--filter', 'large', '-j');
  expect(JSON.parse(one.stdout)).toMatchObject({
    passed: 1,
    failed: 0,
    cases: [{ name: 'large', passed: true, line: 6 }],
  });
  const none = await attune(inFolder(wrong), 'workflow', 'test', 'x', '--filter', 'nothing');
  expect([none.exit, none.stdout]).toEqual([0, 'No tests: x has no case in tests/*.test.yaml that fits\n']);
});

test('a test file with a mistake is one of the pack', async () => {
  const wrong = { ...pack, 'tests/flow.test.yaml': pack['tests/flow.test.yaml'].replace('skipped', 'skiped') };
  const { exit, stderr } = await attune(inFolder(wrong), 'workflow', 'test', 'x');
  expect([exit, stderr]).toEqual([
    2,
    expect.stringMatching(/tests\/flow.test.yaml:6:\d+: Unknown key "skiped". Did you mean "skipped"\?/),
  ]);
});

test.each(['packs/core', 'packs/examples/github'])('the tests of %s pass', async (folder) => {
  const { exit, stdout } = await attune({}, 'workflow', 'test', folder);
  expect(stdout).toMatch(/\d+ passed, 0 failed|No tests/);
  expect(exit).toBe(0);
});

test('the example pack has tests of several cases, of failures too', async () => {
  const { stdout } = await attune({}, 'workflow', 'test', 'packs/examples/github', '-j');
  const { passed, cases } = JSON.parse(stdout) as { passed: number; cases: unknown[] };
  expect(passed).toBeGreaterThan(4);
  expect(cases).toHaveLength(passed);
});
