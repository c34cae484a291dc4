import { builtinRuntime, type Id } from '@attune/core';
import { executionQueue, type Database, type Doorbell, type TakenRow } from '@attune/db';
import { take, type ClaimedExecution, type RunAtOnce } from '@attune/engine';
import type { Logger } from 'pino';
import { startLoop, type Loop } from '../loop.ts';
import type { QueueView } from './queue-view.ts';

export interface BuiltinLoopDeps {
  db: Database;
  bell: Doorbell;
  log: Logger;
  worker: Id;
  /** Longest pause between two looks at the queue, in milliseconds. */
  pollMs: number;
  queue: QueueView;
  runAtOnce: RunAtOnce;
  /** How many more may be taken in hand now. */
  room: () => number;
  /** Takes in hand what was not done at once. */
  onClaimed: (claimed: readonly ClaimedExecution[], askedAt: number) => void;
  /** It is not known what the database did: perhaps something was claimed that nobody heard of. */
  onUnknown: () => void;
}

/** Most that one transaction takes. */
const most = 500;

/** Most transactions under way: PostgreSQL ends what one has taken while the worker runs what the next one has. */
const lanes = 2;

/** Takes built-ins from the queue, as many as wait: those that only compute end with the transaction that takes them, the others are claimed
 *  and taken in hand. */
export function startBuiltinLoop({ db, bell, log, queue, room, ...deps }: BuiltinLoopDeps): Loop {
  /** After a failure the next ones are claimed: one that cannot be ended then holds up nobody but itself. */
  let isCareful = false;
  const asked = (limit: number) => [{ runtimes: [builtinRuntime], limit }];

  const pass = async () => {
    const flights = new Set<Promise<void>>();
    let failure: { error: unknown } | undefined;

    /** Resolves as soon as it is known what was taken, while that is still being run and ended. */
    const begin = async (limit: number): Promise<readonly TakenRow[]> => {
      const askedAt = performance.now();
      const after = queue.places(askedAt).get(builtinRuntime) ?? null;
      const { worker } = deps;
      const runAtOnce: RunAtOnce = isCareful ? () => undefined : deps.runAtOnce;
      let tell: (rows: readonly TakenRow[]) => void = () => undefined;
      const taken = new Promise<readonly TakenRow[]>((resolve) => (tell = resolve));
      const flight = take(db, { worker, runtime: builtinRuntime, limit, after, runAtOnce, onTaken: tell })
        .then(({ ended, claimed }) => {
          deps.onClaimed(claimed, askedAt);
          if (ended + claimed.length > 0) bell.ring('change');
        })
        .catch((error: unknown) => {
          failure ??= { error };
          queue.forget();
          deps.onUnknown();
        })
        .finally(() => {
          flights.delete(flight);
          tell([]); // where it failed before anything was taken
        });
      flights.add(flight);
      const rows = await taken;
      queue.note(asked(limit), rows, performance.now() - askedAt);
      return rows;
    };

    for (let isFull = true; isFull && failure === undefined;) {
      const limit = Math.min(most, room());
      if (limit === 0) break;
      isFull = (await begin(limit)).length >= limit;
      if (flights.size >= lanes) await Promise.race(flights);
    }
    await Promise.all(flights);
    isCareful = failure !== undefined;
    if (failure !== undefined) throw failure.error;
    // a place that is free again wakes the loop
    if (!queue.isDrained(builtinRuntime)) return undefined;
    const seconds = await executionQueue.nextDue(db, [builtinRuntime]);
    return seconds === null ? undefined : Math.ceil(seconds * 1_000);
  };

  return startLoop({ name: 'the built-ins', log, pollMs: deps.pollMs, pass });
}
