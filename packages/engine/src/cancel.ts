import { contentHash, isFinal, type ExecutionStatus, type Id } from '@attune/core';
import {
  executionQueue,
  revisions,
  workflowExecutions,
  type Database,
  type EngineExecution,
  type Tx,
} from '@attune/db';
import { advance, endRun } from './advance.ts';
import { inTransaction } from './transaction.ts';

export type CancelAnswer =
  | { kind: 'cancelled'; status: ExecutionStatus }
  | { kind: 'not_found' }
  | { kind: 'already_final'; status: ExecutionStatus };

/** Cancels an execution and all that is below it. What has not started is `cancelled` at once; what runs becomes `canceling`
 *  until its worker has stopped it, unless the outermost workflow says `cancellation_policy: allow_finish`. A second cancel answers
 *  with the present state. Nothing below starts afterwards. */
export function cancel(db: Database, id: Id): Promise<CancelAnswer> {
  return inTransaction(db, async (tx) => {
    const found = await executionQueue.find(tx, id);
    if (found === undefined) return { kind: 'not_found' };
    if (found.workflow_task) await workflowExecutions.lock(tx, found.workflow_task.workflow_execution);
    const execution = await executionQueue.lock(tx, id);
    if (execution === undefined) return { kind: 'not_found' };
    if (isFinal(execution.status)) return { kind: 'already_final', status: execution.status };
    if (execution.status !== 'canceling') await cancelOne(tx, execution, await stopsRunning(tx, execution));
    const after = await executionQueue.find(tx, id);
    const ended = after !== undefined && isFinal(after.status) && after.workflow_task !== null;
    if (ended) await advance(tx, { kind: 'ended', execution: after });
    return { kind: 'cancelled', status: after?.status ?? execution.status };
  });
}

/** Whether what runs below is stopped too. A single action's execution is always stopped. */
async function stopsRunning(tx: Tx, execution: EngineExecution): Promise<boolean> {
  if (execution.workflow_def === null || execution.revision === null) return true;
  const revision = await revisions.find(tx, execution.revision);
  const workflow = revision?.definition['workflow'];
  return (workflow as { cancellation_policy?: string } | undefined)?.cancellation_policy === 'cancel_running';
}

async function cancelOne(tx: Tx, execution: EngineExecution, stopRunning: boolean): Promise<void> {
  if (execution.workflow_def !== null && execution.status === 'running') {
    await cancelWorkflow(tx, execution, stopRunning);
  } else if (execution.status === 'running') {
    if (stopRunning) await executionQueue.move(tx, execution.id, 'cancel');
  } else {
    const result = { error: 'Cancelled before it started', succeeded: false };
    await executionQueue.end(
      tx,
      execution.id,
      { move: 'cancel', result, result_hash: contentHash(result), timed_out: false },
      null,
    );
  }
}

async function cancelWorkflow(tx: Tx, owner: EngineExecution, stopRunning: boolean): Promise<void> {
  const run = await workflowExecutions.idOf(tx, owner.id);
  if (run !== undefined) await workflowExecutions.lock(tx, run);
  const moved = await executionQueue.move(tx, owner.id, 'cancel');
  if (moved === undefined) return;
  if (run !== undefined) await workflowExecutions.setStatus(tx, run, 'canceling', null);
  for (const child of await executionQueue.livingChildren(tx, owner.id)) {
    if (child.status !== 'canceling') await cancelOne(tx, child, stopRunning);
  }
  const living = await executionQueue.livingChildren(tx, owner.id);
  if (living.length === 0 && run !== undefined) {
    await endRun(tx, run, moved, { status: 'cancelled', result: { error: 'Workflow cancelled', succeeded: false } });
  }
}
