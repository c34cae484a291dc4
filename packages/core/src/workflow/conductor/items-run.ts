import type { Position } from '../graph/position.ts';
import { countIn, isIn, without, withRange, type Intervals } from './intervals.ts';
import type { EndedTask } from './turn.ts';

/** Most items of one run of a task that exist at a time without having ended, whatever its `concurrency`: a list of any length
 *  takes bounded memory. As they end, others are released. */
export const mostReleased = 1_000;

/** A run of a task with items that has not ended: counts, and what is exceptional. Never the list, and never an entry for each item. */
export interface ItemsRun {
  position: Position;
  /** How long its list is. With `batch_size` several elements are one item. */
  elements: number;
  /** How many items that makes. */
  count: number;
  /** Most items that may be under way at a time. One that waits for a retry is under way. */
  limit: number;
  /** Items below it were released. */
  next: number;
  /** Those of them that have not ended. */
  live: Intervals;
  /** Of those, the ones that are not in their first attempt, or wait for another one, by index. */
  retried: Record<string, ItemAttempt>;
  /** Whether no more items start: one has failed for good, or cannot start, or was cancelled, or the workflow fails. */
  stops: boolean;
  /** The worst end of an item so far: cancelled, else failed, else timed out; null while all succeeded. */
  worst: 'cancelled' | 'failed' | 'timed_out' | null;
  /** The run whose transition started it, which the input of each item may ask about. */
  by: { task: string; visit: number; outcome: EndedTask['outcome'] } | null;
}

export interface ItemAttempt {
  attempt: number;
  retries_left: number;
  /** Whether the next attempt is due but does not exist yet. */
  waits: boolean;
  /** How the attempt ended that will be followed by another: what the item comes to if the retry is given up. */
  ended?: 'failed' | 'timed_out';
}

/** How an item stands; undefined if it has ended or was not released.
 *  @param retries how many the policy allows */
export function attemptOfItem(run: ItemsRun, item: number, retries: number): ItemAttempt | undefined {
  if (!isIn(run.live, item)) return undefined;
  return run.retried[item] ?? { attempt: 1, retries_left: retries, waits: false };
}

export const withItemAttempt = (run: ItemsRun, item: number, attempt: ItemAttempt): ItemsRun => ({
  ...run,
  retried: { ...run.retried, [item]: attempt },
});

/** The run without an item that has ended. */
export function withoutItem(run: ItemsRun, item: number): ItemsRun {
  const { [String(item)]: _, ...retried } = run.retried;
  return { ...run, live: without(run.live, item), retried };
}

/** How an item ended that is not retried. */
export function withEnd(run: ItemsRun, outcome: 'succeeded' | 'failed' | 'timed_out' | 'cancelled'): ItemsRun {
  if (outcome === 'succeeded') return run;
  const order = ['timed_out', 'failed', 'cancelled'] as const;
  const worst = order.findLast((one) => one === outcome || one === run.worst) ?? null;
  return { ...run, worst, stops: true };
}

/** The run once nothing more may start in it: retries that wait are given up, so their items end as their last attempts did. */
export function stopped(run: ItemsRun): ItemsRun {
  const waiting = Object.entries(run.retried).filter(([, { waits }]) => waits);
  const end = (rest: ItemsRun, [item, { ended = 'failed' }]: [string, ItemAttempt]): ItemsRun =>
    withEnd(withoutItem(rest, Number(item)), ended);
  return waiting.reduce(end, { ...run, stops: true });
}

/** How the task ends once nothing of it is under way. One that was stopped before its last item started has failed. */
export const outcomeOf = (run: ItemsRun): 'succeeded' | 'failed' | 'timed_out' | 'cancelled' =>
  run.worst ?? (run.next === run.count ? 'succeeded' : 'failed');

/** The items that may be released now, from one up to but not including another. */
export function releasable(run: ItemsRun): { from: number; to: number } {
  const free = run.stops ? 0 : Math.max(0, run.limit - countIn(run.live));
  return { from: run.next, to: Math.min(run.next + free, run.count) };
}

export const released = (run: ItemsRun, to: number): ItemsRun => ({
  ...run,
  next: to,
  live: withRange(run.live, run.next, to),
});

/** Whether nothing of it is under way. */
export const isQuiet = (run: ItemsRun): boolean => run.live.length === 0;

/** The elements of the list that make an item, from one up to but not including another. */
export const elementsOf = (
  { elements }: Pick<ItemsRun, 'elements'>,
  item: number,
  batchSize: number | null,
): { from: number; to: number } => {
  const size = batchSize ?? 1;
  return { from: item * size, to: Math.min((item + 1) * size, elements) };
};
