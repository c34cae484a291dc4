import { DBOS, DBOSClient } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { monotonicMs } from '../run/clock.mjs';
import { inLanes } from '../run/wait.mjs';

const queue = { minPollingIntervalMs: 10, workerConcurrency: 1_000 };
const here = { appVersion: 'v1', applicationName: 'bench' };

export async function open(systemDatabaseUrl, tell) {
  let done = 0;
  let expected;
  const noop = async () => {
    if (++done === 1) tell('first', monotonicMs());
    if (done === expected) tell('all');
  };
  const quiet = { info() {}, debug() {}, warn() {}, error() {} };
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl,
    systemDatabasePoolSize: 20,
    logger: quiet,
    applicationVersion: here.appVersion,
  });
  DBOS.registerWorkflow(noop, { name: 'noop' });
  DBOS.registerWorkflow(async () => tell('begun', monotonicMs()), { name: 'begin' });
  const steps = DBOS.registerWorkflow(
    async (count) => {
      for (let n = 0; n < count; n++) await DBOS.runStep(async () => n, { name: `step ${n}` });
      return count;
    },
    { name: 'steps' },
  );
  const pool = new pg.Pool({ connectionString: systemDatabaseUrl, max: 1 });
  let client;
  let launched = false;
  const launch = async () => {
    await DBOS.launch();
    launched = true;
    await DBOS.registerQueue('fast', queue);
  };
  const connect = async () =>
    (client ??= await DBOSClient.create({ systemDatabaseUrl, systemDatabasePoolSize: 20, applicationName: 'bench' }));
  const enqueue = async (workflowName) => (await connect()).enqueue({ workflowName, queueName: 'fast', ...here });
  return {
    prepare: launch,
    /** It has no call that takes many: `batch` is 1. */
    async enqueue({ count, callers }) {
      await connect();
      const started = monotonicMs();
      await inLanes(count, callers, () => enqueue('noop'));
      return monotonicMs() - started;
    },
    async enqueueOne() {
      await connect();
      const asked = monotonicMs();
      await enqueue('begin');
      return asked;
    },
    async work(given) {
      expected = given.expected;
      await launch();
    },
    launch,
    /** Milliseconds of each of `workflows` workflows of `count` steps, `lanes` at a time, and of all. */
    async steps({ workflows, count, lanes }) {
      const each = [];
      const started = monotonicMs();
      await inLanes(workflows, lanes, async () => {
        const begun = monotonicMs();
        const handle = await DBOS.startWorkflow(steps)(count);
        await handle.getResult();
        each.push(monotonicMs() - begun);
      });
      return { each, all: monotonicMs() - started };
    },
    async left() {
      const { rows } = await pool.query(
        `select count(*)::int as left from dbos.workflow_status where status in ('ENQUEUED', 'PENDING')`,
      );
      return rows[0].left;
    },
    async close() {
      await client?.destroy();
      if (launched) await DBOS.shutdown();
      await pool.end();
    },
  };
}
