import type { Database, Tx } from '@attune/db';

/** A database that counts the statements sent to it: how long something takes is another machine's business, how many statements it
 *  takes is not. */
export function counting(db: Database): { db: Database; statements: () => number } {
  let count = 0;
  const counted = (tx: Tx): Tx => ({
    vault: tx.vault,
    along: (answer) => tx.along(answer),
    many: (statement) => ((count += 1), tx.many(statement)),
    maybe: (statement) => ((count += 1), tx.maybe(statement)),
    one: (statement) => ((count += 1), tx.one(statement)),
    run: (statement) => ((count += 1), tx.run(statement)),
    list: (statement) => ((count += 1), tx.list(statement)),
  });
  return {
    db: { ...db, ...counted(db), transaction: (body) => db.transaction((tx) => body(counted(tx))) },
    statements: () => count,
  };
}
