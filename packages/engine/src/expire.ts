import { contentHash, type Id } from '@attune/core';
import { executionQueue, workflowExecutions, type Database, type Tx } from '@attune/db';
import { advance, endRun } from './advance.ts';
import { lockRunFirst } from './finish.ts';
import { inTransaction } from './transaction.ts';

const batchSize = 100;

/** Ends workflow runs past their time limit with status `timeout`: what waits below is cancelled, what runs is stopped.
 *  @returns how many were ended. */
export async function expire(db: Database): Promise<number> {
  const due = await executionQueue.workflowsPastDeadline(db, batchSize);
  let expired = 0;
  for (const { id } of due) expired += (await inTransaction(db, (tx) => expireOne(tx, id))) ? 1 : 0;
  return expired;
}

async function expireOne(tx: Tx, id: Id): Promise<boolean> {
  await lockRunFirst(tx, id);
  const run = await workflowExecutions.idOf(tx, id);
  if (run === undefined) return false;
  await workflowExecutions.lock(tx, run);
  const owner = await executionQueue.lock(tx, id);
  if (owner?.status !== 'running') return false;
  const message = `The workflow took longer than its limit of ${String(owner.timeout_seconds)} seconds`;
  const turns = await endRun(tx, run, owner, { status: 'timeout', result: { error: message, succeeded: false } });
  await stopBelow(tx, id);
  for (const turn of turns) await advance(tx, turn);
  return true;
}

/** Stops everything below an execution that has ended; what it still reports is recorded and decides nothing. */
async function stopBelow(tx: Tx, parent: Id): Promise<void> {
  for (const child of await executionQueue.livingChildren(tx, parent)) {
    if (child.workflow_def !== null) await stopBelow(tx, child.id);
    const isAction = child.workflow_def === null;
    if (isAction && (child.status === 'running' || child.status === 'canceling')) {
      await executionQueue.move(tx, child.id, 'cancel');
      continue;
    }
    const result = { error: 'The workflow above it ended', succeeded: false };
    const ending = { result, result_hash: contentHash(result), timed_out: false };
    if (child.status === 'running') await executionQueue.move(tx, child.id, 'cancel');
    await executionQueue.end(
      tx,
      child.id,
      { ...ending, move: child.status === 'running' || child.status === 'canceling' ? 'stop' : 'cancel' },
      null,
    );
  }
}
