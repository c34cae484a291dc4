import type { LeftPlace, QueuePlace } from '@attune/db';

/** Milliseconds after which a claim looks from the front of the queue again: how long something that came in before the place of the
 *  last claim (a claim handed back, a row that was committed late) may be passed over, but where looking is dear. */
const frontMs = 1_000;

/** While an old transaction is open, what was taken stays in the index, and a claim from the front walks over all of it. Such looks are
 *  so far apart that they take a fiftieth of the time, but never farther than `longestMs`: nothing due is passed over for longer. */
const share = 50;
const longestMs = 15_000;

/** A look from the front that takes as long as this, in milliseconds, is dear: claims go on from the last place even where nothing was
 *  left behind it. */
const dearMs = 50;

/** How far before that place they begin then, in milliseconds: what is committed in the meantime may be due a little earlier. */
const marginMs = 5_000;

/** What a worker asked for of some runtimes that share a limit. */
export interface Asked {
  runtimes: readonly string[];
  limit: number;
}

/** What is known of something that was claimed. */
type Claimed = QueuePlace & { runtime: string };

/** What a worker knows of the queue from its last claims. */
export interface QueueView {
  /** Where the next claim may go on, by runtime; from the front where there is none. */
  places(now: number): ReadonlyMap<string, QueuePlace>;
  /** What that claim brought, and how long it took, in milliseconds. */
  note(asked: readonly Asked[], claimed: readonly Claimed[], tookMs: number): void;
  /** What was noted may not have come to pass, and wait again: the next claim looks from the front. */
  forget(): void;
  /** Whether nothing else was waiting, when last looked at: a task that is handed over then makes nobody wait. */
  isDrained(runtime: string): boolean;
  /** What the worker's next life is to go on from: nothing where the front is found at once. */
  left(now: number): LeftPlace[];
}

/** @param former what a former life left, and the time. @default nothing: the first claim looks from the front */
export function queueView(former?: { left: readonly LeftPlace[]; now: number }): QueueView {
  const known = new Map<string, { place: QueuePlace; moreWaits: boolean }>();
  const drained = new Set<string>();
  let nextLookAt = -Infinity;
  let isDear = false;
  /** When the claim under way began, if it looks from the front. */
  let lookedAt: number | undefined;

  for (const { runtime, run_after, id, look_in_ms } of former?.left ?? []) {
    known.set(runtime, { place: { run_after, id }, moreWaits: false });
    const lookAt = (former?.now ?? 0) + Math.min(look_in_ms, longestMs);
    nextLookAt = isDear ? Math.min(nextLookAt, lookAt) : lookAt;
    isDear = true;
  }

  return {
    places(now) {
      lookedAt = now >= nextLookAt ? now : undefined;
      const places = new Map<string, QueuePlace>();
      if (lookedAt !== undefined) return places;
      for (const [runtime, { place, moreWaits }] of known) {
        const from = moreWaits ? place : isDear ? withMargin(place) : undefined;
        if (from !== undefined) places.set(runtime, from);
      }
      return places;
    },
    note(asked, claimed, tookMs) {
      const isLook = lookedAt !== undefined && asked.some(({ limit }) => limit > 0);
      if (lookedAt !== undefined && isLook) {
        isDear = tookMs >= dearMs;
        nextLookAt = lookedAt + Math.min(longestMs, Math.max(frontMs, share * tookMs));
      }
      for (const { runtimes, limit } of asked) {
        const rows = claimed.filter((one) => runtimes.includes(one.runtime));
        const isFull = rows.length >= limit;
        for (const runtime of runtimes) {
          if (isFull) drained.delete(runtime);
          else drained.add(runtime);
          if (limit === 0) continue;
          const last = rows.findLast((one) => one.runtime === runtime);
          const before = known.get(runtime);
          // one from the front that was filled by other runtimes has not come to this one
          if (last === undefined && isFull && isLook) known.delete(runtime);
          else if (last === undefined && !isFull && before !== undefined)
            known.set(runtime, { ...before, moreWaits: false });
          else if (last !== undefined) {
            const place = { run_after: last.run_after, id: last.id };
            // what a look brought may lie before the place for good: the database's clock was set back
            const isNext = isFull || isLook;
            known.set(runtime, { place: isNext ? place : later(place, before?.place), moreWaits: isFull });
          }
        }
      }
    },
    forget() {
      nextLookAt = -Infinity;
      lookedAt = undefined; // a look under way has passed over what was locked
    },
    isDrained: (runtime) => drained.has(runtime),
    left(now) {
      if (!isDear || now >= nextLookAt) return [];
      return [...known].map(([runtime, { place }]) => ({ runtime, ...place, look_in_ms: nextLookAt - now }));
    },
  };
}

const later = (one: QueuePlace, other: QueuePlace | undefined): QueuePlace =>
  other !== undefined && other.run_after > one.run_after ? other : one;

/** The place a margin before. @returns undefined where it is at no time that can be reckoned with */
function withMargin({ run_after }: QueuePlace): QueuePlace | undefined {
  const at = Date.parse(run_after);
  return Number.isNaN(at) ? undefined : { run_after: new Date(at - marginMs).toISOString(), id: '0' };
}
