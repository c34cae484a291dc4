import { expect, test } from 'vitest';
import { AttuneError, formatProblem } from '../../errors.ts';
import { isJsonObject } from '../../json.ts';
import { secretMask } from '../../secret/sealed.ts';
import { actionOf, orderOf, resultsOf, simulated, workflowOf } from './support.test-support.ts';
import type { DecidedStep, Simulation } from './simulation.ts';

const decided = ({ steps }: Simulation): DecidedStep[] => steps.filter((step) => step.kind === 'decided');

test('given results decide the way, and the whole story is told', () => {
  const simulation = simulated('run-report.yaml', {
    parameters: { query: 'sales' },
    results: `
submit: { data: { job_id: 7 } }
probe: [{ data: { status: busy }, duration: 2.5 }, { data: { status: done } }]
`,
  });
  expect(orderOf(simulation)).toEqual([
    '0 -> submit',
    '1 submit succeeded',
    '1 -> probe',
    '3.5 probe succeeded',
    '3.5 -> nap',
    '4.5 nap succeeded',
    '4.5 -> probe',
    '5.5 probe succeeded',
    '5.5 -> collect',
    '6.5 collect succeeded',
  ]);
  expect(simulation).toMatchObject({
    workflow_ref: 'tests.run_report',
    parameters: { query: 'sales', limit: 10 },
    status: 'completed',
    result: { state: 'done', probes: 2, succeeded: true },
    variables: { tries: 1, state: 'done', job: 7 },
    tasks: { submit: 'completed', probe: 'completed', nap: 'completed', collect: 'completed' },
    duration_seconds: 6.5,
    departures: null,
  });
  expect(simulation.assumed).toEqual([
    { run: [], task: 'nap', visit: 1, attempt: 1, item: null },
    { run: [], task: 'collect', visit: 1, attempt: 1, item: null },
  ]);
});

test('every condition has its proof, those of transitions, tasks and retries', () => {
  const [, end] = decided(
    simulated('run-report.yaml', { parameters: { query: 'sales' }, results: 'submit: { data: { job_id: 7 } }' }),
  );
  expect(end?.conditions).toMatchObject([
    { kind: 'transition', task: 'submit', visit: 1, index: 0, condition: 'succeeded()', proof: { result: true } },
  ]);
  const skipped = simulated('skip.yaml');
  expect(decided(skipped).flatMap(({ conditions }) => conditions.map(({ kind }) => kind))).toContain('task');
  const retried = simulated('retry.yaml', { results: 'call: [{ error: busy, data: { code: 503 } }, {}]' });
  expect(decided(retried)[1]?.conditions).toMatchObject([{ kind: 'retry', task: 'call', proof: { result: true } }]);
});

test('retries wait on the simulated clock, and delays too', () => {
  const simulation = simulated('retry.yaml', {
    results: 'call: [{ error: busy, data: { code: 503 } }, { error: busy, data: { code: 503 } }, {}]',
  });
  expect(orderOf(simulation)).toEqual([
    '0 -> call',
    '8 call failed',
    '18 retry call',
    '19 call failed',
    '39 retry call',
    '40 call succeeded',
    '40 -> use',
    '41 use succeeded',
  ]);
});

test('what takes longer than it may is stopped at its limit', () => {
  expect(orderOf(simulated('timeout.yaml', { results: 'slow: { duration: 100 }' }))).toEqual([
    '0 -> slow',
    '30 slow timed_out',
    '30 -> give_up',
    '31 give_up succeeded',
  ]);
  const known = [actionOf('core.sleep', { timeout_seconds: 5 })];
  const text = 'ref: tests.short\nversion: "1"\ntasks: [{ name: slow, action: core.sleep }]';
  expect(orderOf(simulated(text, { results: 'slow: { duration: 100 }', known }))).toEqual([
    '0 -> slow',
    '5 slow timed_out',
  ]);
});

test('durations order the branches, and of two ends at once the one that started first comes first', () => {
  const starts = (left: number, right: number) =>
    orderOf(simulated('loop-with-join.yaml', { results: `left: { duration: ${left} }\nright: { duration: ${right} }` }))
      .filter((line) => /left|right/.test(line))
      .slice(2, 4)
      .map((line) => line.split(' ')[1]);
  expect(starts(1, 2)).toEqual(['left', 'right']);
  expect(starts(2, 1)).toEqual(['right', 'left']);
  expect(starts(1, 1)).toEqual(['left', 'right']);
});

test('every outcome can be given, and comes with a result like the real one', () => {
  const results = (given: string) =>
    decided(simulated('timeout.yaml', { results: `slow: ${given}` }))[1]?.ended ?? undefined;
  expect(results('{ data: { n: 1 } }')).toMatchObject({
    outcome: 'succeeded',
    from: 'given',
    result: { exit_code: 0, succeeded: true, data: { n: 1 } },
  });
  expect(results('{ error: disk full }')).toMatchObject({
    outcome: 'failed',
    result: { exit_code: 1, succeeded: false, error: 'disk full' },
  });
  expect(results('{ outcome: timed_out }')).toMatchObject({ outcome: 'timed_out', result: { timed_out: true } });
  expect(results('{ outcome: abandoned }')).toMatchObject({ outcome: 'abandoned', result: { succeeded: false } });
  expect(results('{ result: { response: { go: true } } }')).toMatchObject({ result: { response: { go: true } } });
  expect(simulated('timeout.yaml', { results: 'slow: { outcome: cancelled }' })).toMatchObject({
    status: 'cancelled',
    tasks: { slow: 'cancelled', give_up: 'not_run', repair: 'not_run' },
  });
});

test('entries with numbers answer the attempts that have them, the others take turns', () => {
  const outcomes = (results: string) =>
    orderOf(
      simulated('run-report.yaml', {
        parameters: { query: 'q' },
        results: `submit: { data: { job_id: 1 } }\n${results}`,
      }),
    )
      .filter((line) => line.includes('probe '))
      .map((line) => line.split(' ')[2]);
  const busy = '{ data: { status: busy } }';
  expect(outcomes(`probe: [${busy}, ${busy}, { visit: 2, error: gone }]`)).toEqual(['succeeded', 'failed']);
  expect(outcomes(`probe: [${busy}, ${busy}, { error: gone }]`)).toEqual(['succeeded', 'succeeded', 'failed']);
  expect(outcomes(`probe: [{ visit: 1, data: { status: busy } }, { data: { status: done } }]`)).toEqual([
    'succeeded',
    'succeeded',
  ]);
});

const outer = `
ref: tests.outer
version: "1"
tasks:
  - { name: inner, action: tests.inner, input: { n: 3 }, timeout: 10, retry: { count: 1, delay: 5 }, next: [{ when: succeeded(), do: [after] }, { when: timed_out(), do: [late] }] }
  - { name: beside, action: core.noop }
  - { name: after, action: core.noop }
  - { name: late, action: core.noop }
`;
const inner = `
ref: tests.inner
version: "1"
parameters: { n: { type: integer, required: true }, by: { type: integer, default: 2 } }
tasks: [{ name: times, action: tests.times, input: { n: "{{ parameters.n * parameters.by }}" } }]
output_map: { product: "{{ task.times.product }}" }
`;

test('nested workflows are simulated with results of their own', () => {
  const simulation = simulated(outer, {
    nested: [inner],
    results: 'inner: { tasks: { times: { data: { product: 6 } } } }\nbeside: { duration: 0.5 }',
  });
  expect(orderOf(simulation)).toEqual([
    '0 -> inner',
    '0 -> beside',
    '0 -> inner/times',
    '0.5 beside succeeded',
    '1 inner/times succeeded',
    '1 inner succeeded',
    '1 -> after',
    '2 after succeeded',
  ]);
  const end = decided(simulation).find(({ ended }) => ended?.task === 'inner');
  expect(end?.ended).toMatchObject({ from: 'workflow', result: { product: 6, succeeded: true } });
  const start = decided(simulation).find(({ run, started }) => run.length > 0 && started.length > 0);
  expect(start?.started).toMatchObject([{ task: 'times', action_ref: 'tests.times', input: { n: 6 } }]);
});

test('a nested workflow with a result is taken as a whole', () => {
  const simulation = simulated(outer, { nested: [inner], results: 'inner: { data: { product: 1 } }' });
  expect(simulation.steps.every(({ run }) => run.length === 0)).toBe(true);
  expect(simulation.status).toBe('completed');
});

test('a nested workflow is stopped at its limit with all below it, and retried', () => {
  const simulation = simulated(outer, { nested: [inner], results: 'inner: { tasks: { times: { duration: 60 } } }' });
  expect(orderOf(simulation)).toEqual([
    '0 -> inner',
    '0 -> beside',
    '0 -> inner/times',
    '1 beside succeeded',
    '10 inner timed_out',
    '15 retry inner',
    '15 -> inner/times',
    '25 inner timed_out',
    '25 -> late',
    '26 late succeeded',
  ]);
  expect(decided(simulation).at(-2)?.ended).toMatchObject({
    from: 'time_limit',
    result: { error: 'The workflow took longer than its limit of 10 seconds' },
  });
});

test('what cannot start fails at once, without being retried', () => {
  const text = `
ref: tests.refused
version: "1"
vars: { none: x }
tasks:
  - { name: wrong, action: tests.strict, input: { n: many }, retry: { count: 3, delay: 1 }, next: [{ when: failed(), do: [noop] }] }
  - { name: gone, action: tests.gone, next: [{ when: failed(), do: [noop] }] }
  - { name: broken, action: core.noop, input: { n: "{{ int(vars.none) }}" }, next: [{ when: failed(), do: [noop] }] }
`;
  const workflow = workflowOf(text);
  const strict = actionOf('tests.strict', { parameters: { n: { type: 'integer' } } });
  const simulation = simulated(text, {
    actions: (ref) =>
      ref === 'tests.gone'
        ? undefined
        : ref === 'tests.strict'
          ? strict
          : actionOf(ref, ref === 'tests.refused' ? { workflow } : {}),
  });
  expect(simulation.status).toBe('completed');
  expect(simulation.duration_seconds).toBe(0);
  const errors = decided(simulation)[0]?.started.map(({ error }) => (isJsonObject(error) ? error['kind'] : null));
  expect(errors).toEqual(['invalid_input', 'action_gone', 'type']);
  expect(decided(simulation).flatMap(({ ended }) => (ended === null ? [] : [ended.from]))).toEqual([
    'not_started',
    'not_started',
    'not_started',
  ]);
});

test('a lost worker: the retry policy comes first, then on_worker_lost', () => {
  const text = `
ref: tests.lost
version: "1"
tasks: [{ name: call, action: tests.call, on_worker_lost: restart, retry: { count: 1, delay: 2 }, next: [{ when: failed(), do: [noop] }] }]
`;
  expect(orderOf(simulated(text, { results: 'call: [{ outcome: abandoned }, { outcome: abandoned }, {}]' }))).toEqual([
    '0 -> call',
    '1 call abandoned',
    '3 retry call',
    '4 restart call',
    '5 call succeeded',
  ]);
  const lost = simulated(text, { results: 'call: { outcome: abandoned }' });
  expect(lost.steps.filter((step) => step.kind === 'successor' && step.reason === 'restart')).toHaveLength(24);
  expect(lost.status).toBe('completed');
});

test('variables, configuration and keys are what the options say', () => {
  const text = `
ref: tests.world
version: "1"
vars: { a: 1, b: 2 }
tasks: [{ name: call, action: tests.call, input: { all: "{{ [a, b, config.url, system.workflow_start] }}", token: "{{ keystore.token }}" } }]
`;
  const simulation = simulated(text, {
    vars: { b: 3 },
    settings: (pack) => ({ config: { url: `of ${pack}` }, conf_schema: null }),
    keystore: { token: 't' },
    workflow_start: '2026-05-01T10:00:00.000000Z',
    known: [actionOf('tests.call', { parameters: { all: {}, token: { secret: true } } })],
    shows_secrets: true,
  });
  expect(decided(simulation)[0]?.started[0]?.input).toEqual({
    all: [1, 3, 'of tests', '2026-05-01T10:00:00.000000Z'],
    token: 't',
  });
});

const secretive = `
ref: tests.secretive
version: "1"
parameters: { token: { type: string, secret: true } }
output: { answer: { secret: true } }
tasks:
  - name: login
    action: tests.login
    input: { token: "{{ parameters.token }}" }
    next:
      - when: result().session != "x" and parameters.token != ""
        publish: [{ session: "{{ result().session }}" }]
        do: [use, leak]
  - { name: use, action: tests.login, input: { token: "{{ session }}" } }
  - { name: leak, action: core.noop, input: { message: "{{ session }}" }, next: [{ when: failed(), do: [noop] }] }
output_map: { answer: "{{ session }}" }
`;

test('secrets are masked in every part of the answer, and go nowhere where they would be shown', () => {
  const login = actionOf('tests.login', {
    parameters: { token: { type: 'string', secret: true } },
    output: { session: { type: 'string', secret: true } },
  });
  const options = {
    known: [login],
    parameters: { token: 'hunter2' },
    results: 'login: { data: { session: opensesame } }',
  };
  const simulation = simulated(secretive, options);
  expect(simulation).toMatchObject({
    status: 'completed',
    tasks: { use: 'completed', leak: 'completed' },
    parameters: { token: secretMask },
    variables: { session: secretMask },
    result: { answer: secretMask },
  });
  expect(JSON.stringify(simulation)).not.toMatch(/hunter2|opensesame/);
  const ends = decided(simulation).flatMap(({ ended }) => (ended?.task === 'leak' ? [ended] : []));
  expect(ends).toMatchObject([{ from: 'not_started', result: { error: { kind: 'secret_exposed' } } }]);
  expect(simulated(secretive, { ...options, shows_secrets: true })).toMatchObject({
    parameters: { token: 'hunter2' },
    result: { answer: 'opensesame' },
  });
});

test('parameters are checked as those of an execution are', () => {
  const wrong = () => simulated('run-report.yaml', { parameters: { quer: 'x', limit: 0 } });
  expect(wrong).toThrow(AttuneError);
  expect(problemsOf(wrong)).toEqual([
    '/parameters/query: "query" is missing; it must be a string',
    '/parameters/limit: "limit" must be at least 1, not the number 0',
    '/parameters/quer: "quer" is not a known name. Did you mean "query"?',
  ]);
});

function problemsOf(wrong: () => unknown): string[] {
  try {
    wrong();
    return [];
  } catch (error) {
    return error instanceof AttuneError ? error.details.map(formatProblem) : [String(error)];
  }
}

test('a simulation that does not end is given up', () => {
  const endless = 'ref: tests.nest\nversion: "1"\ntasks: [{ name: again, action: tests.nest }]';
  expect(() => simulated(endless, { most_decisions: 50 })).toThrow(/given up after 50 decisions/);
  const loop =
    'ref: tests.loop\nversion: "1"\nmax_visits: 1000000\ntasks: [{ name: turn, action: core.noop, next: [{ do: [turn] }] }]';
  expect(() => simulated(loop, { most_decisions: 500 })).toThrow(/given up after 500 decisions/);
});

test('results that nobody used are named', () => {
  const source = resultsOf('slow: [{}, { visit: 3 }]\ngive_up: {}\nrepair: {}');
  simulated('timeout.yaml', { source });
  expect(source.unused()).toEqual(['/slow/1', '/give_up', '/repair']);
});

const patching = `
ref: tests.patch
version: "1"
parameters: { hosts: { type: array } }
tasks:
  - name: patch
    action: tests.patch_host
    with_items: "{{ parameters.hosts }}"
    concurrency: 2
    retry: { count: 1, delay: 3 }
    input: { host: "{{ item }}", slot: "{{ index }}" }
    next:
      - { when: succeeded(), publish: [{ all: "{{ result() }}" }], do: [noop] }
      - { when: failed(), publish: [{ all: "{{ result() }}" }], do: [noop] }
`;

test('items are released by concurrency, retried one by one, and their results are a list', () => {
  const simulation = simulated(patching, {
    parameters: { hosts: ['a', 'b', 'c'] },
    results: `
patch:
  - { item: 0, data: { n: 1 }, duration: 5 }
  - { item: 1, attempt: 1, error: busy }
  - { data: { n: 2 } }
`,
  });
  expect(orderOf(simulation)).toEqual([
    '0 -> patch[0]',
    '0 -> patch[1]',
    '1 patch[1] failed',
    '4 retry patch[1]',
    '5 patch[0] succeeded',
    '5 -> patch[2]',
    '5 patch[1] succeeded',
    '6 patch[2] succeeded',
  ]);
  expect(simulation).toMatchObject({ status: 'completed', tasks: { patch: 'completed' } });
  expect(simulation.variables['all']).toMatchObject([{ n: 1 }, { n: 2 }, { n: 2 }]);
  expect(decided(simulation)[0]?.started.map(({ input }) => input)).toEqual([
    { host: 'a', slot: 0 },
    { host: 'b', slot: 1 },
  ]);
});

test('after an item that failed none starts, and its place in the list is null', () => {
  const simulation = simulated(patching, {
    parameters: { hosts: ['a', 'b', 'c', 'd'] },
    results: 'patch: [{ item: 0, error: no }, { data: { n: 2 }, duration: 9 }]',
  });
  expect(orderOf(simulation).filter((line) => line.includes('->'))).toEqual(['0 -> patch[0]', '0 -> patch[1]']);
  expect(simulation.variables['all']).toMatchObject([null, { n: 2 }, null, null]);
});

test('a thousand items take their time', () => {
  const hosts = Array.from({ length: 1_000 }, (_, host) => host);
  const simulation = simulated(patching, { parameters: { hosts } });
  expect(simulation.status).toBe('completed');
  expect(simulation.duration_seconds).toBe(500);
});
