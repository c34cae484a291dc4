import { randomUUID } from 'node:crypto';
import type { Id } from '@attune/core';
import {
  breakPoint,
  executionLogs,
  executionTakes,
  type Database,
  type LogPiece,
  type QueuePlace,
  type TakenRow,
  type Tx,
} from '@attune/db';
import { endAtOnce, type RunAtOnce } from './at-once.ts';
import { noRule, rulesOf, type ClaimedExecution } from './claim.ts';
import { definitionIn, definitionsOf } from './definition.ts';
import { inTransaction } from './transaction.ts';

export interface TakeOptions {
  worker: Id;
  runtime: string;
  /** Most executions to take. */
  limit: number;
  /** Only what comes after this place; null: from the front. */
  after: QueuePlace | null;
  runAtOnce: RunAtOnce;
  /** Told of what was taken before it is run: whoever takes on may begin to. May be told again where the transaction is. */
  onTaken: (rows: readonly TakenRow[]) => void;
}

/** Takes due executions of a runtime, earliest first, and runs those that only compute in the same transaction: what is taken so has ended
 *  when its claim is committed, and waits again if it is not.
 *  @returns how many were run so, and the others, each under a lease */
export async function take(
  db: Database,
  options: TakeOptions,
): Promise<{ ended: number; claimed: ClaimedExecution[] }> {
  return inTransaction(db, (tx) => takeIn(tx, options));
}

async function takeIn(
  tx: Tx,
  { worker, runtime, limit, after, runAtOnce, onTaken }: TakeOptions,
): Promise<{ ended: number; claimed: ClaimedExecution[] }> {
  const rows = await executionTakes.take(tx, { runtime, after }, limit);
  onTaken(rows);
  if (rows.length === 0) return { ended: 0, claimed: [] };
  breakPoint('take.locked');
  const definitions = await definitionsOf(tx, rows);
  const ends: Parameters<typeof executionTakes.endTaken>[2][number][] = [];
  const log: (LogPiece & { execution: Id })[] = [];
  const others: TakenRow[] = [];
  for (const row of rows) {
    const ran = row.is_alone ? runAtOnce({ ...row, definition: definitionIn(definitions, row.revision) }) : undefined;
    if (ran === undefined) {
      others.push(row);
      continue;
    }
    ends.push({ id: row.id, ...(await endAtOnce(tx, row.revision, ran)) });
    for (const piece of ran.log) log.push({ ...piece, execution: row.id });
  }
  if (ends.length > 0) tx.along(executionTakes.endTaken(tx, worker, ends));
  if (log.length > 0) tx.along(executionLogs.appendMany(tx, log));
  const rules = await rulesOf(tx, others);
  const claimed = others.map(({ enforcement, is_alone: _, ...row }) => ({
    ...row,
    lease_token: randomUUID(),
    ...(rules.get(enforcement ?? '') ?? noRule),
    definition: definitionIn(definitions, row.revision),
  }));
  if (claimed.length > 0) tx.along(executionTakes.leaseTaken(tx, worker, claimed));
  breakPoint('take.ended');
  return { ended: ends.length, claimed };
}
