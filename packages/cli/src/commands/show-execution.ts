import type { Execution } from '@attune/client';
import type { ExecutionStatus } from '@attune/core';
import { exitOf, exits } from '../exit.ts';
import { formatExecution, reasonOf } from '../output/execution.ts';
import { safeLine } from '../output/safe-text.ts';
import type { Run } from '../run.ts';

/** How it is said that an execution did not complete. */
const said: Partial<Record<ExecutionStatus, string>> = {
  failed: 'failed',
  timeout: 'reached its time limit',
  cancelled: 'was cancelled',
  abandoned: 'was abandoned: its worker was lost',
};

/** Shows an execution; one that was awaited and did not complete is also told of on standard error. @returns the exit code. */
export async function showExecution(run: Run, execution: Execution, isAwaited: boolean): Promise<number> {
  await run.show(execution, () => formatExecution(execution, run.paint));
  if (!isAwaited || execution.status === 'completed') return exits.done;
  const reason = reasonOf(execution.result);
  await run.remark(
    `Execution ${execution.id} ${said[execution.status] ?? execution.status}${reason === undefined ? '' : `: ${safeLine(reason)}`}`,
  );
  return exitOf(execution.status);
}
