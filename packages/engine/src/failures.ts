import type { Id } from '@attune/core';
import { isPassing, tookTooLong } from './passing.ts';

/** What is known of rows on which a deed failed. */
export interface Failures {
  /** Whether one is not to be tried again yet. */
  isWaiting(id: Id): boolean;
  /** Notes a failure. @throws the error where it is none of the row's, as when the database is away. */
  failed(id: Id, error: unknown): void;
  /** Forgets all but these, when all there are have been looked at. */
  keep(isKept: (id: Id) => boolean): void;
  /** How many are known. */
  size(): number;
}

/** Pauses before one is tried again, in milliseconds: twice as long each time. */
const again = { first: 2_000, most: 300_000 };

/** Rows that are remembered. */
const mostKept = 100_000;

/** Remembers failures, so that one bad row harms only itself: it is reported, and waits longer each time until it is tried again. */
export function rememberFailures(onError: (id: Id, error: unknown) => void): Failures {
  const known = new Map<Id, { pauseMs: number; notBefore: number }>();
  return {
    isWaiting: (id) => (known.get(id)?.notBefore ?? 0) > performance.now(),
    failed(id, error) {
      if (isPassing(error) && !tookTooLong(error)) throw error;
      const pauseMs = Math.min((known.get(id)?.pauseMs ?? again.first / 2) * 2, again.most);
      known.delete(id); // the last that failed stands last
      known.set(id, { pauseMs, notBefore: performance.now() + pauseMs });
      const [oldest] = known.keys();
      if (known.size > mostKept && oldest !== undefined) known.delete(oldest);
      onError(id, error);
    },
    size: () => known.size,
    keep(isKept) {
      for (const id of known.keys()) if (!isKept(id)) known.delete(id);
    },
  };
}

/** Remembers nothing: the first failure is the caller's. */
export const failAtOnce: Failures = {
  isWaiting: () => false,
  failed(_, error) {
    throw error;
  },
  keep: () => undefined,
  size: () => 0,
};

/** Does a deed to rows in the order of their ids, batch after batch, until there are no more or `limit` of them were done.
 *  @param read up to `limit` rows after an id
 *  @returns how many were done */
export async function eachRow(
  read: (after: Id, limit: number) => Promise<readonly { id: Id }[]>,
  limit: number,
  failures: Failures,
  deed: (id: Id) => Promise<boolean>,
): Promise<number> {
  let done = 0;
  const seen = new Set<Id>();
  for (let after: Id = '0'; done < limit;) {
    const batch = await read(after, limit);
    const last = batch.at(-1);
    if (last === undefined) {
      failures.keep((id) => seen.has(id));
      return done;
    }
    after = last.id;
    for (const { id } of batch) {
      seen.add(id);
      if (failures.isWaiting(id)) continue;
      try {
        if (await deed(id)) done += 1;
      } catch (error) {
        failures.failed(id, error);
      }
    }
  }
  return done;
}
