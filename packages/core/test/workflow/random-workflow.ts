import fc from 'fast-check';
import type { TaskDefinition, Transition, WorkflowDefinition } from '../../src/workflow/definition.ts';
import { taskOf, workflowOf } from './arrows.ts';

const whens = [null, null, null, 'succeeded()', 'failed()', 'result().n > 4', 'count < 6', 'skipped()'] as const;
const inputs = [
  {},
  { n: '{{ count }}' },
  { last: "{{ get(task, 't0', null) }}" },
  { missing: '{{ task.t1.n }}' },
] as const;

const transition = (size: number): fc.Arbitrary<Transition> =>
  fc.record({
    when: fc.constantFrom(...whens),
    publish: fc.constantFrom([], [{ count: '{{ count + 1 }}' }], [{ last: '{{ result() }}' }]),
    do: fc.array(
      fc.oneof(
        { weight: 30, arbitrary: fc.integer({ min: 0, max: size - 1 }).map((task) => `t${task}`) },
        { weight: 1, arbitrary: fc.constantFrom('noop', 'fail') },
      ),
      { maxLength: 2 },
    ),
  });

const task = (size: number, index: number): fc.Arbitrary<TaskDefinition> =>
  fc
    .record({
      next: fc.array(transition(size), { maxLength: 3 }),
      join: fc.constantFrom<TaskDefinition['join']>(null, null, 'all', 1, 2),
      when: fc.constantFrom(null, null, null, 'count < 9', 'result().n > 2 or result() == null'),
      input: fc.constantFrom(...inputs),
      retry: fc.constantFrom(null, null, {
        count: 1,
        delay: 1,
        backoff: 'constant',
        max_delay: null,
        on_error: null,
      } as const),
    })
    .map((more) => taskOf(`t${index}`, more));

/** Any workflow of up to `most` tasks: loops, joins that can and cannot be met, conditions, skips, retries, errors. */
export const randomWorkflow = (most: number): fc.Arbitrary<WorkflowDefinition> =>
  fc
    .integer({ min: 1, max: most })
    .chain((size) => fc.tuple(...Array.from({ length: size }, (_, index) => task(size, index))))
    .map((tasks) => ({
      ...workflowOf(tasks),
      vars: { count: 0 },
      output_map: { count: '{{ count }}', first: "{{ get(task, 't0', null) }}" },
      max_visits: 12,
    }));
