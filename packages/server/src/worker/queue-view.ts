import type { QueuePlace } from '@attune/db';
import type { ClaimedExecution } from '@attune/engine';

/** Milliseconds after which a claim looks from the front of the queue again: how long something that came in before the place of the
 *  last claim (a retry that is due, a claim handed back) may be passed over while there is much to do. */
const frontMs = 1_000;

/** Looking from the front takes as long as there is much before the first that waits. Looks are so far apart that they take a twentieth of
 *  the time, but never farther than this, in milliseconds. */
const share = 20;
const longestMs = 15_000;

/** What a worker asked for of some runtimes that share a limit. */
export interface Asked {
  runtimes: readonly string[];
  limit: number;
}

/** What a worker knows of the queue from its last claims. */
export interface QueueView {
  /** Where the last claim left off, by runtime, while that is worth knowing. */
  places(now: number): ReadonlyMap<string, QueuePlace>;
  /** What a claim brought, and how long it took, in milliseconds. */
  note(asked: readonly Asked[], claimed: readonly ClaimedExecution[], tookMs: number): void;
  /** Whether nothing else was waiting, when last looked at: a task that is handed over then makes nobody wait. */
  isDrained(runtime: string): boolean;
}

export function queueView(): QueueView {
  const places = new Map<string, QueuePlace>();
  const drained = new Set<string>();
  let lookedAt = 0;
  let nextLookMs = frontMs;
  let isFromFront = false;
  return {
    places(now) {
      isFromFront = now - lookedAt >= nextLookMs;
      if (isFromFront) {
        places.clear();
        lookedAt = now;
      }
      return places;
    },
    note(asked, claimed, tookMs) {
      if (isFromFront) nextLookMs = Math.min(longestMs, Math.max(frontMs, share * tookMs));
      for (const { runtimes, limit } of asked) {
        const rows = claimed.filter((one) => runtimes.includes(one.runtime));
        const isFull = rows.length >= limit;
        for (const runtime of runtimes) {
          if (isFull) drained.delete(runtime);
          else drained.add(runtime);
          const last = rows.findLast((one) => one.runtime === runtime);
          if (isFull && last !== undefined) places.set(runtime, { run_after: last.run_after, id: last.id });
          else if (!isFull) places.delete(runtime);
        }
      }
    },
    isDrained: (runtime) => drained.has(runtime),
  };
}
