import fc from 'fast-check';
import type { TaskDefinition, Transition, WorkflowDefinition } from '../../../src/workflow/definition.ts';
import { taskOf, workflowOf } from '../arrows.ts';
import type { Fate } from './agree.ts';

/** One of a list, the first ones more often: they are the plain ones, and what a failing example shrinks to. */
function mostly<T>(...values: T[]): fc.Arbitrary<T> {
  return fc.oneof(
    ...values.map((value, index) => ({
      weight: Math.max(1, 4 * (values.length - index) - 3),
      arbitrary: fc.constant(value),
    })),
  );
}

const guards = mostly(
  null,
  ...['succeeded()', 'failed() or timed_out()', 'result().n > 4', 'count < 6', 'skipped()', 'not succeeded()'],
  ...['timed_out()', "get(task, 't0', null) != null and task.t0.n > 3", 'a > b', 'task.t1.n > 2'],
);

const publishes = mostly<Transition['publish']>(
  [],
  [{ count: '{{ count + 1 }}' }],
  [{ a: '{{ count + 1 }}' }, { b: '{{ a + 1 }}' }],
  [{ a: '{{ b }}', b: '{{ a }}' }],
  [{ last: '{{ result() }}' }],
  [{ a: '{{ 1 / (a - 1) }}' }],
);

const inputs = mostly<TaskDefinition['input']>(
  {},
  { n: '{{ count }}', text: 'a is {{ a }}' },
  { last: "{{ get(task, 't0', null) }}", by: '{{ result() }}' },
  'inherit',
  { missing: '{{ task.t1.n }}' },
);

const itemInputs = mostly<TaskDefinition['input']>(
  {},
  { n: '{{ item }}', at: '{{ index }}', count: '{{ count }}' },
  { last: "{{ get(task, 't0', null) }}", by: '{{ result() }}' },
  { n: '{{ 6 / (item - 2) }}' },
);

const none: Pick<TaskDefinition, 'with_items' | 'batch_size' | 'concurrency'> = {
  ...{ with_items: null, batch_size: null, concurrency: null },
};

const itemKeys = fc.oneof(
  { weight: 4, arbitrary: fc.record({ items: fc.constant(none), input: inputs }) },
  {
    weight: 1,
    arbitrary: fc.record({
      items: fc.record({
        with_items: mostly<string | null>(
          '{{ range(count + 2) }}',
          '{{ [3, 1, 2, a] }}',
          '{{ [] }}',
          '{{ b }}',
          '{{ task.t1 }}',
        ),
        batch_size: mostly(null, null, 2, 3),
        concurrency: mostly<number | string | null>(null, 1, 2, 'count', 'null', 'a / 2'),
      }),
      input: itemInputs,
    }),
  },
);

const retries = mostly<TaskDefinition['retry']>(
  null,
  null,
  { count: 1, delay: 1, backoff: 'constant', max_delay: null, on_error: null },
  { count: 3, delay: 2, backoff: 'exponential', max_delay: 5, on_error: 'result().n < 8' },
  { count: 2, delay: 3, backoff: 'linear', max_delay: null, on_error: 'failed()' },
  { count: 2, delay: 0, backoff: 'constant', max_delay: null, on_error: '1 / (b - 2) > 0' },
);

/** A target by a number that is taken modulo the number of tasks, so that any part of a workflow is a workflow. */
type Target = number | 'noop' | 'fail';

const targets = fc.array(
  fc.oneof(
    { weight: 30, arbitrary: fc.nat({ max: 59 }) },
    { weight: 2, arbitrary: fc.constantFrom<Target>('noop', 'noop', 'fail') },
  ),
  { maxLength: 3 },
);

const task = fc.record({
  next: fc.array(fc.record({ when: guards, publish: publishes, do: targets }), { maxLength: 3 }),
  join: mostly<TaskDefinition['join']>(null, null, 'all', 2, 1, 3),
  when: mostly(null, null, null, 'count < 9', 'result() == null or result().n > 2', '1 / (b - 2) > 0'),
  items: itemKeys,
  retry: retries,
});

/** Any workflow of up to `most` tasks: loops of every kind, joins that can and cannot be met, conditions, skips, retries, errors. */
export const randomWorkflow = (most: number): fc.Arbitrary<WorkflowDefinition> =>
  fc.array(task, { minLength: 1, maxLength: most, size: 'max' }).map((tasks) => ({
    ...workflowOf(
      tasks.map(({ next, join, when, items, retry }, index) =>
        taskOf(`t${index}`, {
          ...{ join, when, retry, ...items.items, input: items.input },
          next: next.map((transition) => ({
            ...transition,
            do: transition.do.map((target) => (typeof target === 'number' ? `t${target % tasks.length}` : target)),
          })),
        }),
      ),
    ),
    vars: { count: 0, a: 1, b: 2 },
    output_map: { count: '{{ count }}', first: "{{ get(task, 't0', null) }}" },
    max_visits: 12,
  }));

/** How the tasks of a run end, over and over. */
export const randomFates: fc.Arbitrary<Fate[]> = fc.array(
  fc.record<Fate>({
    pick: fc.nat({ max: 99 }),
    outcome: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom<Fate['outcome']>('succeeded', 'succeeded', 'succeeded', 'failed') },
      { weight: 4, arbitrary: fc.constantFrom<Fate['outcome']>('timed_out', 'abandoned') },
      { weight: 1, arbitrary: fc.constant<Fate['outcome']>('cancelled') },
    ),
    n: fc.nat({ max: 9 }),
    again: fc.boolean(),
    twice: fc.boolean(),
    gone: mostly(false, false, false, true),
  }),
  { minLength: 1, maxLength: 30, size: 'max' },
);
