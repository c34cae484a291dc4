import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { monotonicMs } from '../run/clock.mjs';
import { inLanes } from '../run/wait.mjs';

/** `best` is what its own benchmark publishes: a local queue, and completions without a delay in batches. */
const settings = {
  best: {
    concurrentJobs: 24,
    maxPoolSize: 25,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
  plain: { concurrentJobs: 10, maxPoolSize: 11 },
};

export async function open(connectionString, tell) {
  const logger = new Logger(() => () => {});
  const pool = new pg.Pool({ connectionString, max: 20 });
  pool.on('error', () => {}); // it asks for a listener; what fails is told by the query
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  let runner;
  return {
    prepare: () => utils.migrate(),
    /** Milliseconds for `count` jobs. */
    async enqueue({ count, callers, batch }) {
      const started = monotonicMs();
      await inLanes(Math.ceil(count / batch), callers, (n) =>
        batch === 1
          ? utils.addJob('noop', { n })
          : utils.addJobs(
              Array.from({ length: Math.min(batch, count - n * batch) }, (_, i) => ({
                identifier: 'noop',
                payload: { n: n * batch + i },
              })),
            ),
      );
      return monotonicMs() - started;
    },
    /** @returns when it was asked for. */
    async enqueueOne() {
      const asked = monotonicMs();
      await utils.addJob('begin', {});
      return asked;
    },
    /** Tells `first` when a job begins, `all` when `expected` have, and `begun` for each of those whose latency is measured. */
    async work({ setting, expected }) {
      let done = 0;
      const taskList = {
        noop: () => {
          if (++done === 1) tell('first', monotonicMs());
          if (done === expected) tell('all');
        },
        begin: () => tell('begun', monotonicMs()),
      };
      const worker = { connectionString, logger, pollInterval: 2_000, ...settings[setting] };
      runner = await run({ preset: { worker }, taskList, noHandleSignals: true });
    },
    async left() {
      const { rows } = await pool.query('select count(*)::int as left from graphile_worker._private_jobs');
      return rows[0].left;
    },
    async close() {
      await runner?.stop();
      await utils.release();
      await pool.end();
    },
  };
}
