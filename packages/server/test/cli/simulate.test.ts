import type { Simulation } from '@attune/core';
import { beforeAll, expect, test } from 'vitest';
import { openSite, startLimitMs, type Site } from './attune.test-support.ts';
import { runLine } from './run-line.test-support.ts';

const pack = {
  'try/pack.yaml': 'ref: try\nversion: 1.0.0\n',
  'try/actions/draw.yaml': 'ref: try.draw\nentry_point: draw.sh\nparameter_format: dotenv\noutput_format: json\n',
  'try/actions/draw.sh': `#!/bin/sh
. /dev/stdin
[ "$n" = 2 ] && [ "\${ATTUNE_ATTEMPT:-1}" = 1 ] && { echo "not yet" >&2; exit 1; }
echo "{\\"n\\": $n}"
`,
  'try/actions/login.yaml':
    'ref: try.login\nentry_point: draw.sh\nparameter_format: dotenv\nparameters: { token: { type: string, secret: true }, n: { type: integer } }\n',
  'try/workflows/inner.yaml': `
ref: try.inner
version: "1"
parameters: { n: { type: integer, required: true } }
tasks:
  - { name: first, action: try.draw, input: { n: "{{ parameters.n }}" }, retry: { count: 1, delay: 0 }, next: [{ do: [second] }] }
  - { name: second, action: try.draw, input: { n: "{{ task.first.n + 1 }}" }, retry: { count: 1, delay: 0 } }
output_map: { n: "{{ task.second.n }}" }
`,
  'try/workflows/flow.yaml': `
ref: try.flow
version: "1"
parameters: { limit: { type: integer, default: 3 } }
tasks:
  - name: nested
    action: try.inner
    input: { n: 1 }
    next:
      - { when: result().n < parameters.limit, publish: [{ seen: "{{ result().n }}" }], do: [each] }
      - { when: result().n >= parameters.limit, do: [never] }
  - name: each
    action: try.draw
    with_items: "{{ range(4) }}"
    concurrency: 2
    retry: { count: 1, delay: 0 }
    input: { n: "{{ item }}" }
    next: [{ publish: [{ sum: "{{ length(result()) }}" }] }]
  - { name: never, action: core.noop }
output_map: { seen: "{{ get(vars, 'seen', null) }}", sum: "{{ get(vars, 'sum', null) }}" }
`,
  'try/workflows/secretive.yaml': `
ref: try.secretive
version: "1"
parameters: { token: { type: string, required: true, secret: true } }
tasks: [{ name: login, action: try.login, input: { token: "{{ parameters.token }}", n: 1 } }]
`,
};

let site: Site;
beforeAll(async () => {
  site = await openSite();
  await site.write(pack);
  expect(await runLine(site, 'attune pack register try')).toMatchObject({ exit: 0 });
  return () => site[Symbol.asyncDispose]();
}, startLimitMs);

test('a run is decided again from what the API shows of it, nested runs, items and retries too', async () => {
  const ran = await runLine(site, 'attune action execute try.flow --wait');
  expect(ran).toMatchObject({ exit: 0 });
  const again = await runLine(site, 'attune workflow simulate --from-execution latest');
  expect(again).toMatchObject({ exit: 0, stderr: '' });
  expect(again.stdout).toMatch(/✓ every decision is the one that execution \d+ recorded/);
  expect(again.stdout).toContain('nested/second (attempt 2)');
  const { stdout } = await runLine(site, 'attune workflow simulate --from-execution latest -o json');
  const simulation = JSON.parse(stdout) as Simulation;
  expect(simulation).toMatchObject({ status: 'completed', result: { seen: 2, sum: 4 }, departures: [], assumed: [] });
  expect(simulation.steps.some(({ run }) => run.length > 0)).toBe(true);
});

test('a changed workflow meets what happened then, on the server and in a folder', async () => {
  await runLine(site, 'attune action execute try.flow --wait');
  const changed = {
    ...pack,
    'try/workflows/flow.yaml': pack['try/workflows/flow.yaml'].replace('n < parameters', 'n > parameters'),
  };
  await site.write(changed);
  const departs = async (line: string) => {
    const { exit, stdout } = await runLine(site, line);
    expect([line, exit]).toEqual([line, 1]);
    expect(stdout).toMatch(
      /✗ departs from the record at step 2\n {4}\/transitions\/0\/fired {2}recorded true, here false/,
    );
    expect(stdout).not.toContain('No result was given');
  };
  await departs('attune workflow simulate try.flow --dir try --from-execution latest');
  expect(await runLine(site, 'attune pack register try --force')).toMatchObject({ exit: 0 });
  await departs('attune workflow simulate try.flow --from-execution latest');
  // the run itself is decided again with the definition it had
  expect(await runLine(site, 'attune workflow simulate --from-execution latest')).toMatchObject({ exit: 0 });
  const other = await runLine(site, 'attune workflow simulate --from-execution latest --param limit=1');
  expect([other.exit, other.stdout]).toEqual([1, expect.stringContaining('departs from the record')]);
});

test('a registered workflow is simulated with what is registered', async () => {
  await site.write({
    'results.yaml': 'nested: { tasks: { first: { data: { n: 1 } }, second: { data: { n: 9 } } } }\n',
  });
  const { exit, stdout } = await runLine(site, 'attune workflow simulate try.flow --results results.yaml -o json');
  expect(exit).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'completed', departures: null });
  const missing = await runLine(site, 'attune workflow simulate try.flo');
  expect([missing.exit, missing.stderr]).toEqual([4, expect.stringContaining("There is no workflow 'try.flo'")]);
  const action = await runLine(site, 'attune workflow simulate core.echo');
  expect([action.exit, action.stderr]).toEqual([4, expect.stringContaining("There is no workflow 'core.echo'")]);
});

test('secret parameters have to be given again, and are masked', async () => {
  await runLine(site, 'attune action execute try.secretive --param token=hunter2 --wait');
  const refused = await runLine(site, 'attune workflow simulate --from-execution latest');
  expect(refused).toMatchObject({ exit: 2, stdout: '' });
  expect(refused.stderr).toContain('expected --param token=VALUE');
  const again = await runLine(site, 'attune workflow simulate --from-execution latest --param token=hunter2');
  expect(again).toMatchObject({ exit: 0 });
  expect(again.stdout).not.toContain('hunter2');
});

test('a run that re-uses results, one that was paused and one that was cancelled are followed as far as they came', async () => {
  await site.write({ 'try/workflows/flow.yaml': pack['try/workflows/flow.yaml'] });
  await runLine(site, 'attune pack register try --force');
  const again = async () => {
    const { exit, stdout } = await runLine(site, 'attune workflow simulate --from-execution latest -o json');
    const simulation = JSON.parse(stdout) as Simulation;
    expect(simulation.departures).toEqual([]);
    expect(exit).toBe(0);
    return simulation;
  };
  await runLine(site, 'attune action execute try.flow --wait');
  expect(await runLine(site, 'attune execution rerun latest --from each --wait')).toMatchObject({ exit: 0 });
  expect((await again()).assumed).toEqual([]);

  await site.write({
    'try/workflows/slow.yaml': `
ref: try.slow
version: "1"
cancellation_policy: cancel_running
tasks: [{ name: one, action: core.sleep, input: { seconds: 600 }, next: [{ do: [two] }] }, { name: two, action: core.noop }]
`,
  });
  await runLine(site, 'attune pack register try --force');
  await runLine(site, 'attune action execute try.slow');
  await runLine(site, 'attune execution cancel latest --wait');
  const cancelled = await again();
  expect(cancelled.assumed.map(({ task }) => task)).toEqual(['one', 'two']);

  await runLine(site, 'attune action execute try.flow');
  await runLine(site, 'attune execution pause latest');
  await runLine(site, 'attune execution resume latest');
  expect(await runLine(site, 'attune execution show latest --wait')).toMatchObject({ exit: 0 });
  expect((await again()).assumed).toEqual([]);
});
