import { contentHash, isFinal, type ExecutionStatus, type Id, type JsonObject, type Move } from '@attune/core';
import {
  breakPoint,
  executionQueue,
  inquiries,
  revisions,
  workflowExecutions,
  type Database,
  type EngineExecution,
  type Tx,
} from '@attune/db';
import { advance } from './advance.ts';
import { endRun } from './end-run.ts';
import type { Turn } from './turn.ts';
import { lockRunFirst } from './lock-run.ts';
import { lockTree, type RunTree } from './run-tree.ts';
import { stopBelow } from './stop-below.ts';
import { inTransaction } from './transaction.ts';

export type CancelAnswer =
  | { kind: 'cancelled'; status: ExecutionStatus }
  | { kind: 'not_found' }
  /** It had ended before anybody cancelled it. */
  | { kind: 'already_final'; status: ExecutionStatus };

/** Cancels an execution and all that is below it. What has not started, and what waits for a person, is `cancelled` at once; what
 *  runs becomes `canceling` until its worker has stopped it, unless the outermost workflow says `cancellation_policy:
 *  allow_finish`. A second cancel answers with the present state. Nothing below starts afterwards. */
export function cancel(db: Database, id: Id): Promise<CancelAnswer> {
  return inTransaction(db, async (tx) => {
    await lockRunFirst(tx, id);
    const tree = await lockTree(tx, id);
    const execution = await executionQueue.lock(tx, id);
    if (execution === undefined) return { kind: 'not_found' };
    if (execution.status === 'canceling' || execution.status === 'cancelled') {
      return { kind: 'cancelled', status: execution.status };
    }
    if (isFinal(execution.status)) return { kind: 'already_final', status: execution.status };
    const turns = tree === undefined ? await cancelAlone(tx, execution) : await cancelRun(tx, execution, tree);
    for (const turn of turns) await advance(tx, turn);
    const after = await executionQueue.find(tx, id);
    return { kind: 'cancelled', status: after?.status ?? execution.status };
  });
}

async function cancelRun(tx: Tx, owner: EngineExecution, tree: RunTree): Promise<Turn[]> {
  const [root] = tree;
  const moved = await executionQueue.move(tx, owner.id, 'cancel');
  if (moved === undefined) return [];
  breakPoint('cancel.moved');
  await workflowExecutions.setStatuses(tx, [{ run: root.id, status: 'canceling', error: null }]);
  const stopRunning = await stopsRunning(tx, owner);
  const isBusy = await stopBelow(tx, tree, { stopRunning, error: notStarted });
  if (isBusy) return [];
  return endRun(tx, root.id, moved, { status: 'cancelled', result: { error: 'Workflow cancelled', succeeded: false } });
}

const notStarted = 'Cancelled before it started';

/** Whether what workers run below is stopped too. */
async function stopsRunning(tx: Tx, { revision: hash }: EngineExecution): Promise<boolean> {
  const revision = hash === null ? undefined : await revisions.find(tx, hash);
  const workflow = revision?.definition['workflow'];
  return (workflow as { cancellation_policy?: string } | undefined)?.cancellation_policy === 'cancel_running';
}

/** A single execution is always stopped, whatever the workflow above it says. */
async function cancelAlone(tx: Tx, execution: EngineExecution): Promise<Turn[]> {
  if (execution.status !== 'running') return end(tx, execution.id, 'cancel', notStarted);
  const isAsking = (await inquiries.cancelOf(tx, execution.id)) > 0;
  await executionQueue.move(tx, execution.id, 'cancel');
  return isAsking ? end(tx, execution.id, 'stop', 'Cancelled before it was answered') : [];
}

async function end(tx: Tx, id: Id, move: Move, error: string): Promise<Turn[]> {
  const result: JsonObject = { error, succeeded: false };
  const ended = await executionQueue.end(
    tx,
    id,
    { move, result, result_hash: contentHash(result), timed_out: false },
    null,
  );
  return ended?.workflow_task ? [{ kind: 'ended', execution: ended }] : [];
}
