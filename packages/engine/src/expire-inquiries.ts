import { contentHash, type Id } from '@attune/core';
import { executionQueue, inquiries, type Database, type Tx } from '@attune/db';
import { advance } from './advance.ts';
import { lockRunFirst } from './lock-run.ts';
import { inTransaction } from './transaction.ts';

const batchSize = 100;

/** Ends inquiries that nobody answered before their deadline, and with status `timeout` the executions that asked: a workflow takes its
 *  `timed_out()` branch. One that cannot be ended is reported and does not keep the others from it.
 *  @returns how many were ended. */
export async function expireInquiries(db: Database, onError: (id: Id, error: unknown) => void): Promise<number> {
  let expired = 0;
  for (const one of await inquiries.overdue(db, batchSize)) {
    try {
      if (await inTransaction(db, (tx) => expireOne(tx, one))) expired += 1;
    } catch (error) {
      onError(one.id, error);
    }
  }
  return expired;
}

async function expireOne(tx: Tx, { id, execution }: { id: Id; execution: Id }): Promise<boolean> {
  await lockRunFirst(tx, execution);
  await executionQueue.lock(tx, execution);
  const expired = await inquiries.timeOut(tx, id);
  if (expired === undefined) return false;
  const error = `Nobody answered inquiry ${id} before ${expired.timeout_at ?? 'its deadline'}`;
  const result = { ...expired.action_result, succeeded: false, error };
  const ending = { move: 'expire' as const, result, result_hash: contentHash(result), timed_out: true };
  const ended = await executionQueue.end(tx, execution, ending, null);
  if (ended !== undefined) await advance(tx, { kind: 'ended', execution: ended });
  return true;
}
