import { expect, test } from 'vitest';
import type { DecidedStep, RunName, Simulation } from './simulation.ts';
import { isSuccessor, type RecordedRun } from './recorded.ts';
import { randomResults } from './random.ts';
import { actionOf, jsonOf, simulated, type SimulateOptions } from './support.test-support.ts';

/** A simulation as if it had been recorded. */
function recordOf(simulation: Pick<Simulation, 'steps'>, run: RunName = []): RecordedRun {
  const isHere = (name: RunName) => JSON.stringify(name) === JSON.stringify(run);
  const steps = simulation.steps.filter((step) => isHere(step.run));
  return jsonOf({
    is_complete: steps.some((step) => step.kind === 'decided' && step.decision.outcome !== undefined),
    steps: steps.map((step) => {
      const { step: number, at_seconds } = step;
      if (step.kind === 'successor') {
        const { reason: kind, task, visit, attempt } = step;
        return {
          step: number,
          at_seconds,
          decision: { successor: { kind, task, visit, attempt } },
          result: null,
          run: null,
        };
      }
      const { ended, decision } = step;
      const name = ended && { task: ended.task, visit: ended.visit, attempt: ended.attempt, item: ended.item };
      const isNested = ended?.from === 'workflow' || ended?.from === 'time_limit';
      const nested = isNested && name !== null && name.task === 'one' ? recordOf(simulation, [...run, name]) : null;
      return { step: number, at_seconds, decision, result: ended?.result ?? null, run: nested };
    }),
  }) as unknown as RecordedRun;
}

const outer = `
ref: tests.outer
version: "1"
vars: { seen: [] }
tasks:
  - name: one
    action: tests.inner
    retry: { count: 2, delay: 1 }
    timeout: 40
    next: [{ publish: [{ seen: "{{ seen + ['one'] }}" }], do: [join] }]
  - name: two
    action: tests.work
    on_worker_lost: restart
    retry: { count: 1, delay: 3 }
    next: [{ publish: [{ seen: "{{ seen + ['two'] }}" }], do: [join] }]
  - { name: join, action: tests.work, join: all, input: { seen: "{{ seen }}" }, next: [{ when: failed(), do: [noop] }] }
output_map: { seen: "{{ seen }}" }
`;
const inner = `
ref: tests.inner
version: "1"
tasks:
  - { name: left, action: tests.work, next: [{ when: succeeded(), do: [merge] }] }
  - { name: right, action: tests.work, next: [{ do: [merge] }] }
  - { name: merge, action: tests.work, join: 1 }
`;
const known = [actionOf('tests.work', { output: { n: { type: 'integer' } } })];
const played = (options: SimulateOptions) => simulated(outer, { nested: [inner], known, ...options });

test.each(Array.from({ length: 24 }, (_, seed) => seed))(
  'what was recorded comes out again, in its order: seed %i',
  (seed) => {
    const original = played({ source: randomResults(seed) });
    const record = recordOf(original);
    const again = played({ record });
    expect(again.departures).toEqual([]);
    expect(jsonOf(again.steps.map(withoutOrigin))).toEqual(jsonOf(original.steps.map(withoutOrigin)));
    expect(again.assumed).toEqual([]);
  },
);

const withoutOrigin = (step: Simulation['steps'][number]) =>
  step.kind === 'decided' && step.ended !== null ? { ...step, ended: { ...step.ended, from: null } } : step;

test('a run is followed by the order of its steps, not by their times', () => {
  const record = recordOf(played({ source: randomResults(3) }));
  const timed = (run: RecordedRun, at: (step: number) => number): RecordedRun => ({
    ...run,
    steps: run.steps.map((step) => ({ ...step, at_seconds: at(step.step), run: step.run && timed(step.run, at) })),
  });
  expect(played({ record: timed(record, () => 0) }).departures).toEqual([]);
  expect(played({ record: timed(record, (step) => 100 - step) }).departures).toEqual([]);
});

test('another definition departs, and says from which step on and in what', () => {
  const text = (limit: number) => `
ref: tests.choice
version: "1"
tasks:
  - { name: ask, action: tests.ask, next: [{ when: result().n > ${limit}, do: [high] }, { when: result().n <= ${limit}, do: [low] }] }
  - { name: high, action: core.noop }
  - { name: low, action: core.noop }
`;
  const record = recordOf(simulated(text(3), { results: 'ask: { data: { n: 5 } }' }));
  expect(simulated(text(3), { record }).departures).toEqual([]);
  const other = simulated(text(7), { record });
  expect(other.departures).toMatchObject([{ run: [], step: 2 }]);
  expect(other.departures?.[0]?.differences).toEqual([
    { pointer: '/transitions/0/fired', recorded: true, simulated: false },
    { pointer: '/transitions/1/fired', recorded: false, simulated: true },
    { pointer: '/targets/0/task', recorded: 'high', simulated: 'low' },
  ]);
  expect(other.assumed).toEqual([{ run: [], task: 'low', visit: 1, attempt: 1, item: null }]);
});

test('a record that just stops is followed as far as it goes', () => {
  const original = played({ source: randomResults(1) });
  const record = recordOf(original);
  const half = { is_complete: false, steps: record.steps.slice(0, 2) };
  const again = played({ record: half });
  expect(again.departures).toEqual([]);
  expect(again.assumed.length).toBeGreaterThan(0);
});

test('given results come before recorded ones', () => {
  const record = recordOf(played({ source: randomResults(1) }));
  const changed = played({ record, results: 'two: { error: changed }' });
  const end = changed.steps.find((step): step is DecidedStep => step.kind === 'decided' && step.ended?.task === 'two');
  expect(end?.ended).toMatchObject({ outcome: 'failed', from: 'given' });
});

test('a nested run that was stopped from outside is played as far as it came', () => {
  const original = played({ source: randomResults(3) });
  const record = recordOf(original);
  const cancelled = (step: RecordedRun['steps'][number]) =>
    !isSuccessor(step.decision) && step.decision.finished?.outcome === 'timed_out' && step.run !== null;
  const [stopped] = record.steps.filter(cancelled);
  expect(stopped?.run?.is_complete).toBe(false);
  const again = played({ record });
  expect(again.departures).toEqual([]);
  const ends = again.steps.flatMap((step) =>
    step.kind === 'decided' && step.ended?.task === 'one' ? [step.ended] : [],
  );
  expect(ends[0]).toMatchObject({ outcome: 'timed_out', from: 'recorded', result: stopped?.result });
});
