import type { Id } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { onChange } from './on-change.ts';

/** Tells when executions have ended. */
export interface Ends extends AsyncDisposable {
  ended(id: Id): Promise<void>;
}

export function watchEnds(db: Database, url: string): Ends {
  const waiting = new Map<Id, (() => void)[]>();
  const looking = onChange(url, async () => {
    if (waiting.size === 0) return;
    const rows = await db.many<{ id: Id }>(sql`
      select id from execution where id = any(${[...waiting.keys()]}::bigint[]) and completed_at is not null`);
    for (const { id } of rows) {
      for (const tell of waiting.get(id) ?? []) tell();
      waiting.delete(id);
    }
  });
  return {
    ended: (id) =>
      new Promise((resolve) => {
        waiting.set(id, [...(waiting.get(id) ?? []), resolve]);
        looking.wake();
      }),
    [Symbol.asyncDispose]: () => looking[Symbol.asyncDispose](),
  };
}
