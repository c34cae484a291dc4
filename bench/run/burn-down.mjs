import { withClient } from '../layout/server.mjs';
import { wideWorker, withSite } from '../attune/site.mjs';
import { monotonicMs } from './clock.mjs';
import { withHost } from './host.mjs';
import { openMeter } from './meter.mjs';
import { perSecond } from './statistics.mjs';
import { until } from './wait.mjs';

/** Jobs that wait when a worker's process starts, until none is left. Who takes part looks for the end in the same way: rows.
 *  `per_second` counts from when the first job began, so no process's start is in it; `with_start_per_second` from when the process was
 *  started. */
const figuresOf = ({ count, spawned, first, end }) => ({
  per_second: perSecond(count, end - first),
  with_start_per_second: perSecond(count, end - spawned),
});

/** A turn of a peer with one of its settings. @param batch how many it takes at once while the queue is filled */
export const peerBurnDown = (subject, setting, { count, batch = 1_000, callers = 1 }) => ({
  subject,
  turn: ({ url, bench }) =>
    withClient(url, async (client) => {
      const jobs = bench.sized(count);
      const start = () => subject.start(url, bench);
      const meter = await openMeter(client, subject.schema, bench.server.pid);
      await withHost(start(), (host) => host.call('enqueue', { count: jobs, callers, batch }));
      await client.query('vacuum analyze');
      await meter.begin();
      const spawned = monotonicMs();
      const { first, end } = await withHost(start(), (host) => drainedBy(host, { setting, expected: jobs }));
      await meter.end();
      return { figures: figuresOf({ count: jobs, spawned, first, end }), cost: await meter.cost(jobs) };
    }),
});

/** A job is done when its row says so, not when its code has run. */
async function drainedBy(host, given) {
  const first = host.heard('first');
  const all = host.heard('all');
  await host.call('work', given);
  await all;
  await until('the last job is on record', async () => (await host.call('left')) === 0, { pauseMs: 2 });
  return { first: await first, end: monotonicMs() };
}

/** A turn of Attune: its worker's process, and beside it what `beside` starts on the site before the worker. */
export const attuneBurnDown = (subject, { count, worker = wideWorker, beside = () => undefined }) => ({
  subject,
  turn: ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      const jobs = bench.sized(count);
      const { client } = site;
      const { rows } = await client.query('select coalesce(max(id), 0) as id from attune.execution');
      const before = rows[0].id;
      const meter = await openMeter(client, subject.schema, bench.server.pid);
      await fill(site, jobs);
      await client.query('vacuum analyze attune.execution');
      await beside(site, before);
      await meter.begin();
      const { spawned, first, end } = await drain(site, before, worker);
      await meter.end();
      await site.stopServices();
      return { figures: figuresOf({ count: jobs, spawned, first, end }), cost: await meter.cost(jobs) };
    }),
});

/** Adds executions of `core.noop` in batches, and waits until the process that did is gone. */
export async function fill(site, count) {
  await withHost(site.host(), (host) => host.call('enqueue', { count, callers: 1, batch: 1_000 }));
}

/** Starts a worker and waits until it has ended all executions after `before`. */
async function drain(site, before, env) {
  const spawned = monotonicMs();
  await site.start(['worker'], env);
  // from the newest back: the oldest are claimed first, so this finds one at once until the end is near
  const waiting = {
    name: 'waiting',
    text: 'select id from attune.execution where id > $1 and completed_at is null order by id desc limit 1',
    values: [before],
  };
  await until('every execution has ended', async () => (await site.client.query(waiting)).rowCount === 0);
  const end = monotonicMs();
  const { rows } = await site.client.query(
    `select extract(epoch from min(started_at))::float8 * 1000 as first, count(*) filter (where status <> 'completed')::int as bad
     from attune.execution where id > $1`,
    [before],
  );
  if (rows[0].bad > 0) throw new Error(`${rows[0].bad} executions did not complete`);
  return { spawned, first: rows[0].first - site.offset, end };
}
