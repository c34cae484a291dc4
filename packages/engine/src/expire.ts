import type { Id } from '@attune/core';
import { executionQueue, type Database, type Tx } from '@attune/db';
import { advance } from './advance.ts';
import { endRun } from './end-run.ts';
import { eachRow, failAtOnce, type Failures } from './failures.ts';
import { lockRunFirst } from './lock-run.ts';
import { lockTree } from './run-tree.ts';
import { stopBelow } from './stop-below.ts';
import { inTransaction } from './transaction.ts';

const batchSize = 100;

/** Ends workflow runs past their time limit with status `timeout`, paused ones too: what waits below is cancelled, what runs is
 *  stopped, and what it still reports decides nothing.
 *  @returns how many were ended. */
export const expire = (db: Database, failures: Failures = failAtOnce): Promise<number> =>
  eachRow(
    (after, limit) => executionQueue.workflowsPastDeadline(db, limit, after),
    batchSize,
    failures,
    (id) => inTransaction(db, (tx) => expireOne(tx, id)),
  );

async function expireOne(tx: Tx, id: Id): Promise<boolean> {
  await lockRunFirst(tx, id);
  const tree = await lockTree(tx, id);
  const owner = await executionQueue.lock(tx, id);
  if (tree === undefined || owner?.status !== 'running') return false;
  const message = `The workflow took longer than its limit of ${String(owner.timeout_seconds)} seconds`;
  const turns = await endRun(tx, tree[0].id, owner, {
    status: 'timeout',
    result: { error: message, succeeded: false },
  });
  await stopBelow(tx, tree, { stopRunning: true, error: 'The workflow above it ended' });
  for (const turn of turns) await advance(tx, turn);
  return true;
}
