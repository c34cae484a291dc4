import type { Id } from '@attune/core';
import { executionQueue, type ClaimRow, type Database } from '@attune/db';
import { inTransaction } from './transaction.ts';

export type ClaimedExecution = ClaimRow;

export interface Claimant {
  worker: Id;
  /** The runtimes the worker has, e.g. `shell`, `python`. */
  runtimes: readonly string[];
  /** Most executions to take: the worker's free slots. */
  limit: number;
}

/** Takes due executions for a worker. Each is leased to it under a fresh token: renew it, then finish or hand it back. */
export const claim = (db: Database, { worker, runtimes, limit }: Claimant): Promise<ClaimedExecution[]> =>
  inTransaction(db, (tx) => executionQueue.claimScheduled(tx, worker, runtimes, limit));
