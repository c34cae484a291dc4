import type { Id } from '@attune/core';
import { openDoorbell, sql, type Database } from '@attune/db';

/** Longest time a lost doorbell can delay an end's being noticed, in milliseconds. */
const pollMs = 1_000;

/** Tells when executions have ended. */
export interface Ends extends AsyncDisposable {
  ended(id: Id): Promise<void>;
}

/** Looks whenever something has changed. */
export function watchEnds(db: Database, url: string): Ends {
  const waiting = new Map<Id, (() => void)[]>();
  let looking: Promise<void> | undefined;
  let isDue = false;

  const look = async (): Promise<void> => {
    if (waiting.size === 0) return;
    const rows = await db.many<{ id: Id }>(sql`
      select id from execution where id = any(${[...waiting.keys()]}::bigint[]) and completed_at is not null`);
    for (const { id } of rows) {
      for (const tell of waiting.get(id) ?? []) tell();
      waiting.delete(id);
    }
  };
  const wake = (): void => {
    isDue = true;
    looking ??= (async () => {
      while (isDue) {
        isDue = false;
        await look();
      }
      looking = undefined;
    })();
  };
  const bell = openDoorbell(url, () => undefined);
  const off = bell.on('change', wake);
  const timer = setInterval(wake, pollMs);
  return {
    ended: (id) =>
      new Promise((resolve) => {
        waiting.set(id, [...(waiting.get(id) ?? []), resolve]);
        wake();
      }),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      off();
      await looking;
      await bell.close();
    },
  };
}
