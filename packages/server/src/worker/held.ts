import type { Id } from '@attune/core';
import { executionQueue, type Lease } from '@attune/db';
import type { LeaseState } from '@attune/engine';

/** Milliseconds after the last renewal at which a lease counts as lost, unheard: some seconds before the database may give the work to
 *  somebody else, so that two attempts never run at once. */
const staleMs = (executionQueue.leaseSeconds - 3) * 1_000;

/** An AbortController that is made when somebody wants its signal: most attempts at built-ins end before. */
export class Stopper {
  #controller: AbortController | undefined;
  #isAborted = false;

  get isAborted(): boolean {
    return this.#isAborted;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isAborted) this.#controller.abort();
    return this.#controller.signal;
  }

  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort();
  }
}

/** `slot`: it takes one of the worker's slots; `beside`: it runs inside the worker and takes none. */
export type HeldLane = 'slot' | 'beside';

/** A claimed execution in this worker's hands. */
export interface Held {
  lease: Lease;
  lane: HeldLane;
  /** Aborted to stop the attempt and report how it ended. */
  cancelled: Stopper;
  /** Aborted to end the attempt by force and say nothing: somebody else decides about it. */
  lost: Stopper;
  /** The worker stops before the attempt has ended: its end is not reported, the database is told of the loss. */
  isAbandoned: boolean;
  /** Its end is known and on its way to the database. */
  isReporting: boolean;
  /** When the lease was last known to hold, before the database was asked. */
  renewedAt: number;
  /** Settles when nothing is left to do for it. Never rejects. */
  done: Promise<void>;
}

export interface HeldBook {
  size(lane: HeldLane): number;
  all(): Held[];
  has(execution: Id): boolean;
  laneOf(execution: Id): HeldLane | undefined;
  /** Takes a claimed execution in hand; it is let go when `work` settles. */
  add(lease: Lease, lane: HeldLane, askedAt: number, work: (held: Held) => Promise<void>): void;
  /** Applies what the database said about each lease when it was asked at `askedAt`. */
  apply(states: readonly LeaseState[], askedAt: number): void;
  /** Gives up what could not be renewed in time. */
  dropStale(now: number): void;
}

/** The executions that a worker holds.
 *  @param onFree Called when one is let go. */
export function heldBook(onLost: (execution: Id, reason: string) => void, onFree: (lane: HeldLane) => void): HeldBook {
  const byId = new Map<Id, Held>();
  const sizes = { slot: 0, beside: 0 };

  const lose = (held: Held, reason: string) => {
    if (held.isReporting || held.lost.isAborted) return; // a late report is refused by the database
    onLost(held.lease.execution, reason);
    held.lost.abort();
  };

  return {
    size: (lane) => sizes[lane],
    all: () => [...byId.values()],
    has: (execution) => byId.has(execution),
    laneOf: (execution) => byId.get(execution)?.lane,
    add(lease, lane, askedAt, work) {
      const held: Held = {
        lease,
        lane,
        cancelled: new Stopper(),
        lost: new Stopper(),
        isAbandoned: false,
        isReporting: false,
        renewedAt: askedAt,
        done: Promise.resolve(),
      };
      byId.set(lease.execution, held);
      sizes[lane] += 1;
      held.done = work(held).finally(() => {
        // the next attempt at the same execution may be in hand by now
        if (byId.get(lease.execution) === held) byId.delete(lease.execution);
        sizes[lane] -= 1;
        onFree(lane);
      });
    },
    apply(states, askedAt) {
      for (const { execution, state, renewed } of states) {
        const held = byId.get(execution);
        if (held === undefined) continue;
        if (state === 'lost') {
          lose(held, 'the database has given it to somebody else');
          continue;
        }
        if (renewed) held.renewedAt = askedAt;
        if (state === 'canceling') held.cancelled.abort();
      }
    },
    dropStale(now) {
      for (const held of byId.values()) {
        if (now - held.renewedAt > staleMs) lose(held, 'the database could not be reached in time');
      }
    },
  };
}
