import type { Id } from '@attune/core';
import { executionQueue, type Database, type Tx } from '@attune/db';
import { advance } from './advance.ts';
import { eachRow, failAtOnce, type Failures } from './failures.ts';
import { lockRunFirst } from './lock-run.ts';
import { inTransaction } from './transaction.ts';

const batchSize = { actions: 1_000, others: 100 };

/** Admits executions that wait for it, oldest first, but none that is held by a pause. No policy holds any back yet, so each becomes
 *  what it can be at once: `scheduled`, or where no worker is needed and it is due `running`.
 *  @returns how many were admitted. */
export async function admit(db: Database, failures: Failures = failAtOnce): Promise<number> {
  const admitted = await inTransaction(db, (tx) => executionQueue.admitWaiting(tx, batchSize.actions));
  const begun = await eachRow(
    (after, limit) => executionQueue.beginDue(db, limit, after),
    batchSize.others,
    failures,
    (id) => inTransaction(db, (tx) => beginOne(tx, id)),
  );
  return admitted + begun;
}

/** Under the lock of the run above: whoever cancels or pauses that one either sees what begins here, or comes first. */
async function beginOne(tx: Tx, id: Id): Promise<boolean> {
  if ((await lockRunFirst(tx, id))?.paused === true) return false;
  const execution = await executionQueue.move(tx, id, 'begin');
  if (execution === undefined) return false;
  await advance(tx, { kind: 'begun', execution });
  return true;
}
