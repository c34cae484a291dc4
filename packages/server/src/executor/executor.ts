import { executionQueue } from '@attune/db';
import { admit, enact, match, retry } from '@attune/engine';
import type { Deps, Stop } from '../deps.ts';
import { heartbeatMs, heartbeatOf } from '../heartbeat.ts';
import { startLoop } from '../loop.ts';

/** Longest time a lost doorbell can delay work, in milliseconds. */
const pollMs = 1_000;

/** The executor turns events into enforcements and enforcements into executions, admits what waits and starts due retries. Any
 *  number may run: each takes rows that no other holds. */
export async function startExecutor({ db, bell, log: parent }: Deps): Promise<Stop> {
  const log = parent.child({ service: 'executor' });
  const heartbeat = heartbeatOf(db, 'executor');
  await heartbeat.beat();

  /** One deed until it finds nothing more; tells whether it did anything. */
  const drain = async (deed: () => Promise<number>): Promise<boolean> => {
    let any = false;
    while ((await deed()) > 0) any = true;
    return any;
  };

  const loop = startLoop({
    name: 'the executor',
    log,
    pollMs: Math.min(pollMs, heartbeatMs),
    async pass() {
      const matched = await drain(() => match(db));
      const enacted = await drain(() => enact(db));
      const admitted = await drain(() => admit(db));
      const retried = await drain(() => retry(db));
      if (matched || enacted || admitted || retried) bell.ring('execution', 'change');
      await heartbeat.beat();
      const next = [await executionQueue.nextRetrySeconds(db), await executionQueue.nextBeginSeconds(db)];
      const seconds = Math.min(...next.map((one) => one ?? Infinity));
      return Number.isFinite(seconds) ? Math.ceil(seconds * 1_000) : undefined;
    },
  });
  const off = [bell.on('event', () => loop.wake()), bell.on('execution', () => loop.wake())];

  return async () => {
    for (const leave of off) leave();
    await loop.stop();
    await heartbeat.leave();
  };
}
