import { contentHash } from '@attune/core';
import { breakPoint, executionQueue, type Database, type Lease } from '@attune/db';
import { advance } from './advance.ts';
import { lockRunFirst } from './lock-run.ts';
import { inTransaction } from './transaction.ts';

/** Gives a claim back that was not started, as when the worker stops. Where its run was paused meanwhile it waits for that; where the
 *  run was cancelled or has ended it is cancelled, for it must not start any more. */
export const handBack = (db: Database, lease: Lease): Promise<boolean> =>
  inTransaction(db, async (tx) => {
    const run = await lockRunFirst(tx, lease.execution);
    if ((await executionQueue.handBack(tx, lease, run?.paused === true)) === 0) return false;
    breakPoint('hand_back.given');
    if (run === undefined || run.status === 'running') return true;
    const result = { error: 'Cancelled before it started', succeeded: false };
    const ending = { result, result_hash: contentHash(result), timed_out: false };
    const ended = await executionQueue.end(tx, lease.execution, { ...ending, move: 'cancel' }, null);
    if (ended !== undefined) await advance(tx, { kind: 'ended', execution: ended });
    return true;
  });
