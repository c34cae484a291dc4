import type { Database, Tx } from '@attune/db';
import { beginKeeping, endKeeping } from './kept.ts';

/** Most times a transaction is tried that PostgreSQL chose as the victim of a deadlock or a serialization failure. */
const maxTries = 8;

/** Runs a deed's transaction; tried again where PostgreSQL aborted it only because another one was in the way. Nothing of an
 *  aborted try remains, so `body` may run several times. */
export async function inTransaction<T>(db: Database, body: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await keepingTransaction(db, body);
    } catch (error) {
      if (tries >= maxTries || !isInTheWay(error)) throw error;
    }
  }
}

async function keepingTransaction<T>(db: Database, body: (tx: Tx) => Promise<T>): Promise<T> {
  let used: Tx | undefined;
  const result = await db.transaction((tx) => {
    used = tx;
    beginKeeping(db, tx);
    return body(tx);
  });
  if (used !== undefined) endKeeping(used);
  return result;
}

/** 40P01 deadlock_detected, 40001 serialization_failure. */
const isInTheWay = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '40001');
