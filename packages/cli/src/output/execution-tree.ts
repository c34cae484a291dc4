import { isFinal } from '@attune/core';
import { childrenByParent } from '../follow/children.ts';
import type { SeenExecution } from '../follow/reader.ts';
import { between, formatDuration } from './duration.ts';
import type { Paint } from './paint.ts';
import { safeLine } from './safe-text.ts';
import { paintStatus, statusMark } from './status.ts';
import { taskName } from './task-name.ts';
import { waitingText } from './waiting.ts';
import { drawTree, type TreeNode } from './tree.ts';

/** An execution and all below it, drawn with lines: what each is, how it stands, how long it took, and its id to ask for more.
 *  The list holds each after its parent, the root first. */
export function formatExecutionTree(executions: readonly SeenExecution[], paint: Paint): string {
  const [root] = executions;
  if (root === undefined) return '';
  const children = childrenByParent(executions);
  const node = (execution: SeenExecution): TreeNode => ({
    text: describe(execution, paint),
    children: (children.get(execution.id) ?? []).map(node),
  });
  return drawTree(node(root)).join('\n');
}

function describe(execution: SeenExecution, paint: Paint): string {
  const name = taskName(execution);
  const ms = isFinal(execution.status) ? between(execution.started_at, execution.completed_at) : undefined;
  const parts = [
    `${statusMark(execution.status, paint)} ${safeLine(name)}`,
    paintStatus(execution.status, paint),
    waitingText(execution),
    takenOverText(execution, paint),
    ms === undefined ? undefined : paint.dim(formatDuration(ms)),
    execution.workflow_task === null ? undefined : paint.dim(safeLine(execution.action_ref)),
    paint.dim(`#${execution.id}`),
  ];
  return parts.filter((part) => part !== undefined).join('  ');
}

/** In a re-run: that it did not run, but took over what another one came to. */
function takenOverText({ workflow_task }: SeenExecution, paint: Paint): string | undefined {
  return workflow_task?.reused_from === undefined
    ? undefined
    : paint.dim(`taken over from #${workflow_task.reused_from}`);
}
