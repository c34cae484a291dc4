import { whatWaits } from '@attune/db';
import { admit, enact, match, rememberFailures, retry } from '@attune/engine';
import type { Deps, Stop } from '../deps.ts';
import { heartbeatMs, heartbeatOf } from '../heartbeat.ts';
import { startLoop } from '../loop.ts';

/** Longest time a lost doorbell can delay work, in milliseconds. */
const pollMs = 1_000;

/** Milliseconds after which what is due and could not be done is tried again: a retry whose run is paused, for instance. */
const overdueMs = 200;

/** How long after a ring for an execution the executor looks, in milliseconds. Most wait for a worker, which is rung for by the same ring and
 *  goes first; what waits for the executor (a run that was resumed, a delay that begins) is not as urgent. */
const afterWorkersMs = 5;

/** Events of a batch that says that many wait. */
const manyEvents = 100;

/** Most times that one deed is done before the others have their turn. */
const timesInTurn = 20;

const isDue = (seconds: number | null): boolean => seconds !== null && seconds <= 0;

/** The executor turns events into enforcements and enforcements into executions, admits what waits and starts due retries. Any
 *  number may run: each takes rows that no other holds. */
export async function startExecutor({ db, bell, log: parent }: Deps): Promise<Stop> {
  const log = parent.child({ service: 'executor' });
  const heartbeat = heartbeatOf(db, 'executor');
  await heartbeat.beat();

  const failuresTo = (what: string) =>
    rememberFailures((execution, error) =>
      log.error({ err: error, execution }, `An execution could not be ${what}; that will be tried again`),
    );
  const [failuresToBegin, failuresToRetry] = [failuresTo('begun'), failuresTo('tried again')];

  /** One deed until it finds nothing more, but not without end: events that come faster than they are matched must not keep the rest
   *  waiting. Whoever waits for what was done hears of it at once. Tells whether it did anything. */
  const drain = async (deed: () => Promise<number>): Promise<boolean> => {
    for (let times = 0; times < timesInTurn; times += 1) {
      if ((await deed()) === 0) return times > 0;
      bell.ring('execution', 'change');
    }
    return true;
  };

  /** Where many events wait, two batches side by side: the rules of one are decided while the database stores the other. */
  const matchAll = async (): Promise<boolean> => {
    const first = await match(db);
    if (first > 0) bell.ring('execution', 'change');
    if (first < manyEvents) return first > 0;
    const both = await Promise.allSettled([drain(() => match(db)), drain(() => match(db))]);
    for (const one of both) if (one.status === 'rejected') throw one.reason;
    return true;
  };

  const loop = startLoop({
    name: 'the executor',
    log,
    pollMs: Math.min(pollMs, heartbeatMs),
    async pass() {
      const waiting = await whatWaits(db);
      const matched = waiting.events && (await matchAll());
      const enacted = (waiting.enforcements || matched) && (await drain(() => enact(db)));
      const admitted =
        (waiting.actions || isDue(waiting.begin_seconds)) && (await drain(() => admit(db, failuresToBegin)));
      const retried = isDue(waiting.retry_seconds) && (await drain(() => retry(db, failuresToRetry)));
      await heartbeat.beat();
      // what was done may have left something else to do
      if (matched || enacted || admitted || retried) return 0;
      const seconds = Math.min(waiting.begin_seconds ?? Infinity, waiting.retry_seconds ?? Infinity);
      return Number.isFinite(seconds) ? Math.max(overdueMs, Math.ceil(seconds * 1_000)) : undefined;
    },
  });
  let soon: NodeJS.Timeout | undefined;
  const wakeSoon = () => {
    soon ??= setTimeout(() => {
      soon = undefined;
      loop.wake();
    }, afterWorkersMs);
  };
  const off = [bell.on('event', () => loop.wake()), bell.on('execution', wakeSoon)];

  return async () => {
    for (const leave of off) leave();
    clearTimeout(soon);
    await loop.stop();
    await heartbeat.leave();
  };
}
