import fc from 'fast-check';
import { expect, test } from 'vitest';
import { taskOf, workflowOf } from '../../../test/workflow/arrows.ts';
import { Play } from '../../../test/workflow/play.ts';
import type { JsonObject } from '../../json.ts';
import type { TaskDefinition, Transition, WorkflowDefinition } from '../definition.ts';
import { at } from '../graph/digraph.ts';
import type { Outcome } from '../conductor/step.ts';
import type { EvaluatedTransition } from '../conductor/decision.ts';
import { flowOf, reachedInAnyRun } from './flow.ts';
import { joinsNeverMet } from './joins.ts';

/** Conditions that exclude each other, or not. */
const patterns: (string | null)[][] = [
  [null],
  [null, null],
  ['succeeded()', 'failed()'],
  ['succeeded()', 'not succeeded()', null],
  ['result().n < 3', 'result().n >= 3'],
  ['result().n == 1', 'result().n != 1', 'result().n > 3'],
  ['result().s == "a"', 'result().s in ["b", "c"]', 'result().s == "d"'],
  ['succeeded() and result().ok', 'succeeded() and not result().ok', 'failed()'],
  ['count == 0', 'count > 0'],
  ['count < 2', 'count >= 2', 'skipped()'],
  ['false', 'succeeded()'],
];

const task = (size: number, index: number): fc.Arbitrary<TaskDefinition> =>
  fc
    .record({
      pattern: fc.constantFrom(...patterns),
      // Mostly forwards, so that joins have several tasks before them.
      targets: fc.array(
        fc.oneof(
          { weight: 4, arbitrary: fc.integer({ min: Math.min(index + 1, size - 1), max: size - 1 }) },
          { weight: 1, arbitrary: fc.integer({ min: 0, max: size - 1 }) },
        ),
        { minLength: 4, maxLength: 4 },
      ),
      publishes: fc.array(fc.constantFrom<JsonObject[]>([], [], [{ count: '{{ count + 1 }}' }], [{ count: 0 }]), {
        minLength: 3,
        maxLength: 3,
      }),
      hasBoth: fc.boolean(),
      join: fc.constantFrom<TaskDefinition['join']>(null, 'all', 'all', 2),
      when: fc.constantFrom(null, null, null, null, 'count < 4', 'false'),
    })
    .map(({ pattern, targets, publishes, hasBoth, join, when }) => {
      const name = (place: number): string => `t${targets[place] ?? 0}`;
      const next = pattern.map((condition, place): Transition => {
        const more = hasBoth && place === 0 ? [name(3)] : [];
        return { when: condition, publish: publishes[place] ?? [], do: [...new Set([name(place), ...more])] };
      });
      return taskOf(`t${index}`, { next: index === size - 1 && !hasBoth ? [] : next, join, when });
    });

const workflow: fc.Arbitrary<WorkflowDefinition> = fc
  .integer({ min: 3, max: 6 })
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
    fc.property(workflow, fc.array(fates, { minLength: 6, maxLength: 6 }), (definition, manyFates) => {
      const flow = flowOf(definition);
      const reached = reachedInAnyRun(flow);
      const joins = new Set(joinsNeverMet(definition, flow).map(({ task }) => task));
      told += joins.size;
      const placeOf = new Map(definition.tasks.map(({ name }, index) => [name, index]));
      for (const fate of manyFates) {
        for (const { transitions, targets } of playOut(definition, fate).decisions) {
          for (const [name, fired] of firedTogether(transitions)) {
            const cases = at(flow.cases, placeOf.get(name.split(' ')[0] ?? '') ?? -1);
            const isKnown = cases.some((one) => fired.every((index) => one.mayFire.includes(index)));
            expect(isKnown, `${name}: ${fired.join(' and ')} fired together`).toBe(true);
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
    { numRuns: 150 },
  );
  expect(told).toBeGreaterThan(5);
}, 120_000);

/** The transitions that fired when a run of a task ended, by task and visit. */
function firedTogether(transitions: readonly EvaluatedTransition[]): Map<string, number[]> {
  const fired = new Map<string, number[]>();
  for (const { task: name, visit, index, fired: isFired } of transitions) {
    const run = `${name} ${visit}`;
    if (isFired) fired.set(run, [...(fired.get(run) ?? []), index]);
  }
  return fired;
}
