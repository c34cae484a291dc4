import fc from 'fast-check';
import { expect, test } from 'vitest';
import { taskOf, workflowOf } from '../../../test/workflow/arrows.ts';
import { Play } from '../../../test/workflow/play.ts';
import type { TaskDefinition, Transition, WorkflowDefinition } from '../definition.ts';
import { at } from '../graph/digraph.ts';
import type { Outcome } from '../conductor/step.ts';
import { flowOf, mayFire, reachedInAnyRun } from './flow.ts';
import { joinsNeverMet } from './joins.ts';

const whens = [
  null,
  null,
  'succeeded()',
  'failed()',
  'not succeeded()',
  'result().n < 3',
  'result().n >= 3',
  'result().n == 1',
  'result().n != 1',
  'result().s == "a"',
  'result().s in ["b", "c"]',
  'succeeded() and result().ok',
  'succeeded() and not result().ok',
  'count == 0',
  'count > 0',
  'skipped()',
  'false',
];

const transition = (size: number): fc.Arbitrary<Transition> =>
  fc.record({
    when: fc.constantFrom(...whens),
    publish: fc.constantFrom([], [], [{ count: '{{ count + 1 }}' }], [{ count: 0 }]),
    do: fc.array(
      fc.integer({ min: 0, max: size - 1 }).map((task) => `t${task}`),
      { minLength: 1, maxLength: 2 },
    ),
  });

const task = (size: number, index: number): fc.Arbitrary<TaskDefinition> =>
  fc
    .record({
      next: fc.array(transition(size), { maxLength: 3 }),
      join: fc.constantFrom<TaskDefinition['join']>(null, null, 'all', 2),
      when: fc.constantFrom(null, null, null, 'count < 4', 'false'),
    })
    .map((more) => taskOf(`t${index}`, more));

/** Mostly forwards, so that joins have several tasks before them. */
const workflow: fc.Arbitrary<WorkflowDefinition> = fc
  .integer({ min: 3, max: 8 })
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_, index) => task(size, index))))
  .map((tasks) => ({ ...workflowOf(tasks), vars: { count: 0 }, max_visits: 6 }));

interface Fate {
  pick: number;
  outcome: Outcome;
  result: { n: number; s: string; ok: boolean };
}

const fates: fc.Arbitrary<Fate[]> = fc.array(
  fc.record({
    pick: fc.nat(),
    outcome: fc.constantFrom<Outcome>('succeeded', 'succeeded', 'succeeded', 'failed', 'timed_out', 'abandoned'),
    result: fc.record({
      n: fc.integer({ min: 0, max: 5 }),
      s: fc.constantFrom('a', 'b', 'c', 'd'),
      ok: fc.boolean(),
    }),
  }),
  { minLength: 1, maxLength: 20 },
);

function playOut(definition: WorkflowDefinition, fate: readonly Fate[]): Play {
  const run = new Play(definition);
  for (let step = 0; run.outcome === null && step < 200; step += 1) {
    const { pick, outcome, result } = at(fate, step % fate.length);
    const living = run.everyLiving();
    run.tell({ ...at(living, pick % living.length), outcome, result });
  }
  return run;
}

test('what is told to be impossible never happens in any run', () => {
  let told = 0;
  fc.assert(
    fc.property(workflow, fc.array(fates, { minLength: 3, maxLength: 3 }), (definition, threeFates) => {
      const flow = flowOf(definition);
      const reached = reachedInAnyRun(flow);
      const joins = new Set(joinsNeverMet(definition, flow).map(({ task }) => task));
      told += joins.size;
      const placeOf = new Map(definition.tasks.map(({ name }, index) => [name, index]));
      for (const fate of threeFates) {
        for (const { transitions, targets } of playOut(definition, fate).decisions) {
          for (const { task: name, index, fired } of transitions) {
            if (fired) expect(mayFire(flow, placeOf.get(name) ?? -1, index), `${name} ${index} fired`).toBe(true);
          }
          for (const { task: name, fate: what } of targets) {
            if (what !== 'started' && what !== 'skipped') continue;
            const place = placeOf.get(name) ?? -1;
            expect(reached.has(place), `${name} was reached`).toBe(true);
            expect(joins.has(place), `${name} was met`).toBe(false);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
  expect(told).toBeGreaterThan(10);
});
