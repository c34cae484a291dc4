import type { QueuePlace } from '@attune/db';
import type { ClaimedExecution } from '@attune/engine';

/** Milliseconds after which a claim looks from the front of the queue again: how long something that came in before the place of the
 *  last claim (a retry that is due, a claim handed back) may be passed over while there is much to do. */
const frontMs = 1_000;

/** What a worker asked for of some runtimes that share a limit. */
export interface Asked {
  runtimes: readonly string[];
  limit: number;
}

/** What a worker knows of the queue from its last claims. */
export interface QueueView {
  /** Where the last claim left off, by runtime, while that is worth knowing. */
  places(now: number): ReadonlyMap<string, QueuePlace>;
  /** What a claim brought. */
  note(asked: readonly Asked[], claimed: readonly ClaimedExecution[]): void;
  /** Whether nothing else was waiting, when last looked at: a task that is handed over then makes nobody wait. */
  isDrained(runtime: string): boolean;
}

export function queueView(): QueueView {
  const places = new Map<string, QueuePlace>();
  const drained = new Set<string>();
  let lookedAt = 0;
  return {
    places(now) {
      if (now - lookedAt >= frontMs) {
        places.clear();
        lookedAt = now;
      }
      return places;
    },
    note(asked, claimed) {
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
