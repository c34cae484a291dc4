import type { SeenExecution } from '../follow/reader.ts';

/** How a task's execution is called: its task, the item where it has one, and which visit and attempt it is, from the second on.
 *  An execution outside any workflow goes by its action. */
export function taskName(execution: Pick<SeenExecution, 'action_ref' | 'workflow_task'>): string {
  const task = execution.workflow_task;
  if (task === null) return execution.action_ref;
  const item = task.task_index === null ? '' : `[${task.task_index}]`;
  const again = [
    (task.visit ?? 1) > 1 ? `visit ${task.visit ?? 1}` : '',
    (task.attempt ?? 1) > 1 ? `attempt ${task.attempt ?? 1}` : '',
  ].filter((text) => text !== '');
  return `${task.task_name}${item}${again.length === 0 ? '' : ` (${again.join(', ')})`}`;
}
