import { attune, wideWorker, withSite } from '../attune/site.mjs';
import { withClient } from '../layout/server.mjs';
import { fill } from '../run/burn-down.mjs';
import { median, perSecond } from '../run/statistics.mjs';
import { until } from '../run/wait.mjs';

const waiting = 100_000;
const part = 20_000;

/** Lets a worker's process take the oldest `count` of a queue and then stop.
 *  @returns how many it ended in all, and its rate from the start of the first to the end of the `count`th */
async function drainPart(site, count) {
  const { client } = site;
  const ends = await client.query(
    `select min(id)::text as first, max(id)::text as last from
     (select id from attune.execution where completed_at is null order by id limit $1) oldest`,
    [count],
  );
  const { first, last } = ends.rows[0];
  await site.start(['worker'], wideWorker);
  await until('the part has ended', async () => {
    const { rows } = await client.query('select completed_at from attune.execution where id = $1', [last]);
    return rows[0].completed_at !== null;
  });
  await site.stopServices();
  const { rows } = await client.query(
    `select extract(epoch from started_at)::float8 * 1000 as started, extract(epoch from completed_at)::float8 * 1000 as completed
     from attune.execution where id >= $1 and completed_at is not null order by completed_at`,
    [first],
  );
  const began = rows.reduce((least, { started }) => Math.min(least, started), Infinity);
  return { ended: rows.length, rate: perSecond(count, rows[count - 1].completed - began) };
}

const emptyQueue = ({ url, bench }) =>
  withSite({ url, bench }, async (site) => {
    const count = bench.sized(part);
    const rates = [];
    for (let n = 0; n < 5; n++) {
      await fill(site, count);
      if (n === 0) await site.client.query('vacuum analyze attune.execution');
      rates.push((await drainPart(site, count)).rate);
    }
    return { figures: { per_second: median(rates) } };
  });

const longQueue = ({ url, bench }) =>
  withSite({ url, bench }, async (site) => {
    const count = bench.sized(part);
    await fill(site, bench.sized(waiting) + count);
    await site.client.query('vacuum analyze attune.execution');
    const rates = [];
    await withClient(url, async (other) => {
      await other.query('begin isolation level repeatable read');
      await other.query('select count(*) from attune.execution'); // takes the snapshot
      const deadline = performance.now() + bench.openSeconds * 1_000;
      while (performance.now() < deadline || rates.length < 3) {
        const { ended, rate } = await drainPart(site, count);
        rates.push(rate);
        await fill(site, ended);
      }
      await other.query('commit');
    });
    const late = rates.slice(Math.floor((rates.length * 2) / 3));
    return { figures: { per_second: median(late), first_per_second: rates[0], parts: rates.length } };
  });

export default {
  name: 'open-transaction',
  about:
    '100,000 executions wait, and are refilled, while another transaction stays open (--open-seconds): the rate of its last third, against an empty queue',
  unit: 'execution',
  rounds: 1,
  contenders: {
    'empty queue': { subject: attune, turn: emptyQueue },
    'long queue': { subject: attune, turn: longQueue },
  },
  bars: [{ figure: 'per_second', of: 'long queue', against: 'empty queue', better: 'higher', must: 0.9, goal: 0.9 }],
};
