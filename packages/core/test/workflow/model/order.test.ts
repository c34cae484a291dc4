import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TaskDefinition, WorkflowDefinition } from '../../../src/workflow/definition.ts';
import type { Outcome } from '../../../src/workflow/conductor/step.ts';
import { taskOf, workflowOf } from '../arrows.ts';
import { Play } from '../play.ts';

// Where a workflow lets branches race (variables that several of them publish, `join: N` for fewer than all, `fail`), the order in which tasks
// end may decide. Everywhere else it must not: what a task does depends here on its name and position alone.

const guards: TaskDefinition['next'][number]['when'][] = [
  ...[null, 'succeeded()', 'failed()', 'result().n > 4', 'result().n < 7', 'not succeeded() or result().n > 2'],
];

const tasks = fc.array(
  fc.record({
    next: fc.array(
      fc.record({
        when: fc.constantFrom(...guards),
        do: fc.array(fc.nat({ max: 59 }), { minLength: 1, maxLength: 3 }),
      }),
      { maxLength: 3 },
    ),
    join: fc.constantFrom(null, null, 'all' as const),
    retries: fc.constantFrom(0, 0, 1),
  }),
  { minLength: 2, maxLength: 8, size: 'max' },
);

const orderless: fc.Arbitrary<WorkflowDefinition> = tasks.map((drawn) => ({
  ...workflowOf(
    drawn.map(({ next, join, retries }, index) =>
      taskOf(`t${index}`, {
        join,
        retry:
          retries === 0 ? null : { count: retries, delay: 1, backoff: 'constant', max_delay: null, on_error: null },
        next: next.map((transition) => ({
          when: transition.when,
          publish: [],
          do: transition.do.map((target) => `t${target % drawn.length}`),
        })),
      }),
    ),
  ),
  max_visits: 15,
}));

/** A number from 0 to 9 that a text comes to, and nothing else. */
function digitOf(text: string): number {
  let hash = 7;
  for (const letter of text) hash = (hash * 31 + letter.charCodeAt(0)) % 1_000_003;
  return hash % 10;
}

/** Plays a run to its end; `picks` say which of the living tasks ends next, and nothing else.
 *  @returns what ran, as a set, and how the run ended; undefined if it went round until `max_visits` stopped it */
function playInOrder(definition: WorkflowDefinition, salt: number, picks: readonly number[]): string[] | undefined {
  const run = new Play(definition);
  for (let step = 0; run.outcome === null; step += 1) {
    const pick = picks[step % picks.length] ?? 0;
    const living = run.everyLiving();
    const waiting = run.everyWaiting();
    const next = (pick + step) % (living.length + waiting.length);
    const waits = waiting[next - living.length];
    if (waits !== undefined) {
      run.again(waits);
      continue;
    }
    const ends = living[next];
    if (ends === undefined) throw new Error('Nothing lives, and the run has no outcome');
    const position = run.starts.find((start) => start.task === ends.task && start.visit === ends.visit)?.position ?? {};
    const place = `${salt} ${ends.task} ${JSON.stringify(Object.entries(position).sort())}`;
    const outcome: Outcome = digitOf(`${place} ${ends.attempt}`) < 3 ? 'failed' : 'succeeded';
    run.tell({ ...ends, outcome, result: { n: digitOf(place) } });
  }
  if (run.state.failure !== null) return undefined;
  const starts = run.starts.map(({ task, position }) => `${task} ${JSON.stringify(Object.entries(position).sort())}`);
  return [...starts.sort(), ...run.retries.map(({ task }) => `retry ${task}`).sort(), run.outcome.status];
}

test('where nothing races, the order in which tasks end changes nothing', () => {
  const orders = fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 20 });
  let compared = 0;
  fc.assert(
    fc.property(orderless, fc.nat({ max: 999 }), orders, (definition, salt, order) => {
      const inOrder = playInOrder(definition, salt, [0]);
      fc.pre(inOrder !== undefined);
      expect(playInOrder(definition, salt, order)).toEqual(inOrder);
      compared += inOrder.length > 4 ? 1 : 0;
    }),
    { numRuns: 600 },
  );
  expect(compared).toBeGreaterThan(150);
}, 180_000);
