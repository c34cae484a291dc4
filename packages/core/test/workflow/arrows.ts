import { defaultMaxVisits, type TaskDefinition, type WorkflowDefinition } from '../../src/workflow/definition.ts';

/** A workflow drawn as arrows: `['a -> b c', 'b -> d', 'c -> d', 'd']` has four tasks in this order; each name after the arrow is
 *  the target of a transition of its own, without condition. */
export const drawn = (lines: readonly string[]): WorkflowDefinition =>
  workflowOf(
    lines.map((line) => {
      const [name = '', targets = ''] = line.split('->').map((side) => side.trim());
      return taskOf(name, { next: transitionsTo(targets.split(/\s+/).filter((target) => target !== '')) });
    }),
  );

export const workflowOf = (tasks: TaskDefinition[]): WorkflowDefinition => ({
  ref: 'tests.drawn',
  label: 'Drawn',
  description: null,
  version: '1.0.0',
  parameters: null,
  output: null,
  vars: {},
  tasks,
  output_map: null,
  tags: [],
  cancellation_policy: 'allow_finish',
  max_visits: defaultMaxVisits,
});

export const taskOf = (name: string, more: Partial<TaskDefinition> = {}): TaskDefinition => ({
  name,
  action: 'core.noop',
  input: {},
  when: null,
  with_items: null,
  batch_size: null,
  concurrency: null,
  delay: 0,
  join: null,
  retry: null,
  timeout: null,
  on_worker_lost: null,
  next: [],
  ...more,
});

export const transitionsTo = (targets: readonly string[]): TaskDefinition['next'] =>
  targets.map((target) => ({ when: null, publish: [], do: [target] }));
