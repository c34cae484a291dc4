import type { Step } from '../conductor/step.ts';
import type { WorkflowDefinition } from '../definition.ts';
import type { SimulatedStep, TaskStanding } from './simulation.ts';

/** How each task of the outermost run stands at its end, in the order of the file. */
export function standingsOf(
  last: Step['tasks'],
  { tasks }: WorkflowDefinition,
  steps: readonly SimulatedStep[],
): Record<string, TaskStanding> {
  const cancelled = steps.flatMap((step) => {
    const ended = step.kind === 'decided' && step.run.length === 0 ? step.ended : null;
    return ended?.outcome === 'cancelled' ? [ended.task] : [];
  });
  const standing = (task: string): TaskStanding => {
    if (last.completed_tasks.includes(task)) return 'completed';
    if (last.failed_tasks.includes(task)) return 'failed';
    if (last.skipped_tasks.includes(task)) return 'skipped';
    return cancelled.includes(task) ? 'cancelled' : 'not_run';
  };
  return Object.fromEntries(tasks.map(({ name }) => [name, standing(name)]));
}
