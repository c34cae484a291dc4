import { sql, type Database, type Tx } from '@attune/db';

/** A database whose connection is lost right before one of the statements that run in transactions, or before a commit: what the death
 *  of the process at that point comes to. */
export interface Crashing {
  db: Database;
  /** Statements and commits so far. */
  count: () => number;
  hasCrashed: () => boolean;
}

/** @param at the number, from 1, of the statement or commit that is not reached; 0: none */
export function crashing(db: Database, at: number): Crashing {
  let count = 0;
  const reach = async (tx: Tx): Promise<void> => {
    count += 1;
    if (count === at) await tx.run(sql`select pg_terminate_backend(pg_backend_pid())`);
  };
  const watched = (tx: Tx): Tx => ({
    vault: tx.vault,
    along: (answer) => tx.along(answer),
    many: async (statement) => (await reach(tx), tx.many(statement)),
    maybe: async (statement) => (await reach(tx), tx.maybe(statement)),
    one: async (statement) => (await reach(tx), tx.one(statement)),
    run: async (statement) => (await reach(tx), tx.run(statement)),
    list: async (statement) => (await reach(tx), tx.list(statement)),
  });
  const transaction: Database['transaction'] = (body) =>
    db.transaction(async (tx) => {
      const value = await body(watched(tx));
      await reach(tx);
      return value;
    });
  return { db: { ...db, transaction }, count: () => count, hasCrashed: () => at > 0 && count >= at };
}

/** The connection was ended: 57P01 admin_shutdown, or what the next write to it says. */
const isCrash = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && ['57P01', 'EPIPE', 'ECONNRESET'].includes(String(error.code))) ||
    error.message.startsWith('Connection terminated'));

/** Does a deed; after a crash again, as the process that is started anew does. */
export async function surviving<T>(deed: () => Promise<T>): Promise<T> {
  try {
    return await deed();
  } catch (error) {
    if (!isCrash(error)) throw error;
    return deed();
  }
}
