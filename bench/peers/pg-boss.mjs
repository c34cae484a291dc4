import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { monotonicMs } from '../run/clock.mjs';
import { inLanes } from '../run/wait.mjs';

/** Batches of a thousand, taken one after another while they are full; for latency, one job at a time, told by NOTIFY. */
const settings = {
  best: { batchSize: 1_000, burstWhenBatchFull: true, localConcurrency: 2, pollingIntervalSeconds: 0.5 },
  latency: { batchSize: 1, localConcurrency: 1, burstWhenReadyExceeds: 1, pollingIntervalSeconds: 0.5 },
};

export async function open(connectionString, tell) {
  const boss = new PgBoss({ connectionString, max: 12, useListenNotify: true, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  const pool = new pg.Pool({ connectionString, max: 1 });
  return {
    async prepare() {
      await boss.createQueue('noop');
      await boss.createQueue('begin', { notify: true });
    },
    async enqueue({ count, callers, batch }) {
      const started = monotonicMs();
      await inLanes(Math.ceil(count / batch), callers, (n) =>
        batch === 1
          ? boss.send('noop', { n })
          : boss.insert(
              'noop',
              Array.from({ length: Math.min(batch, count - n * batch) }, (_, i) => ({ data: { n: n * batch + i } })),
            ),
      );
      return monotonicMs() - started;
    },
    async enqueueOne() {
      const asked = monotonicMs();
      await boss.send('begin', {});
      return asked;
    },
    async work({ setting, expected }) {
      let done = 0;
      if (setting === 'latency') {
        await boss.work('begin', settings.latency, () => Promise.resolve(tell('begun', monotonicMs())));
        return;
      }
      await boss.work('noop', settings[setting], (jobs) => {
        if (done === 0) tell('first', monotonicMs());
        done += jobs.length;
        if (done === expected) tell('all');
        return Promise.resolve();
      });
    },
    async left() {
      const { rows } = await pool.query(
        `select count(*)::int as left from pgboss.job where name = 'noop' and state < 'completed'`,
      );
      return rows[0].left;
    },
    async close() {
      await boss.stop({ graceful: true, timeout: 5_000 });
      await pool.end();
    },
  };
}
