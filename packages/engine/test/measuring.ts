import { stringifyJson } from '@attune/core';
import type { Database, Tx } from '@attune/db';

export interface Measured {
  db: Database;
  /** Statements in transactions so far, begin and commit left out, and characters of JSON that they answered. */
  taken: () => { statements: number; read: number };
}

/** A database that tells what is asked of it, and how much it answers. */
export function measuring(db: Database): Measured {
  let [statements, read] = [0, 0];
  const note = async <T>(answer: Promise<T>): Promise<T> => {
    statements += 1;
    const value = await answer;
    read += stringifyJson(value ?? null).length;
    return value;
  };
  const watched = (tx: Tx): Tx => ({
    vault: tx.vault,
    along: (answer) => tx.along(answer),
    many: (statement) => note(tx.many(statement)),
    maybe: (statement) => note(tx.maybe(statement)),
    one: (statement) => note(tx.one(statement)),
    run: (statement) => note(tx.run(statement)),
    list: (statement) => note(tx.list(statement)),
  });
  const transaction: Database['transaction'] = (body) => db.transaction((tx) => body(watched(tx)));
  return { db: { ...db, transaction }, taken: () => ({ statements, read }) };
}
