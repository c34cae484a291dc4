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

/** A queue that is drained and refilled part by part. @param waits how many wait beyond the part that is next */
async function openQueue(site, count, waits) {
  await fill(site, waits + count);
  await site.client.query('vacuum analyze attune.execution');
  const rates = [];
  return {
    rates,
    async takePart() {
      const { ended, rate } = await drainPart(site, count);
      rates.push(rate);
      await fill(site, ended);
    },
  };
}

/** Both queues in one run, part by part in turns: each third of a run has checkpoints, vacuums and minutes of the host of its own. As much is
 *  taken from the one as from the other, so their tables grow alike. */
const turn = ({ url, bench }) =>
  withDatabase(bench.server, url, (otherUrl) =>
    withSite({ url, bench }, (site) =>
      withSite({ url: otherUrl, bench }, async (otherSite) => {
        const count = bench.sized(part);
        const long = await openQueue(site, count, bench.sized(waiting));
        const empty = await openQueue(otherSite, count, 0);
        await withClient(url, async (other) => {
          await other.query('begin isolation level repeatable read');
          await other.query('select count(*) from attune.execution'); // takes the snapshot
          const deadline = performance.now() + bench.openSeconds * 1_000;
          for (let pair = 0; performance.now() < deadline || pair < 3; pair++) {
            for (const queue of pair % 2 === 0 ? [long, empty] : [empty, long]) await queue.takePart();
          }
          await other.query('commit');
        });
        return { figures: figuresOf(long.rates, empty.rates) };
      }),
    ),
  );

/** Of the first third and of the last, by their medians; what is compared is each part of the last with the one beside it. */
function figuresOf(long, empty) {
  const third = Math.ceil(long.length / 3);
  const first = (rates) => median(rates.slice(0, third));
  const last = (rates) => median(rates.slice(-third));
  return {
    long_against_empty_queue: last(long.map((rate, pair) => rate / empty[pair])),
    long_queue_per_second: last(long),
    empty_queue_per_second: last(empty),
    long_queue_first_per_second: first(long),
    empty_queue_first_per_second: first(empty),
    parts: long.length,
  };
}

/** Runs `body` with one more copy of the database, to which nobody is connected yet. What stays open in the one holds up no vacuum in the other. */
async function withDatabase(server, url, body) {
  const copy = await server.create(server.nameOf(url));
  try {
    return await body(copy);
  } finally {
    await server.drop(copy);
  }
}

export default {
  name: 'open-transaction',
  about:
    '100,000 executions wait, and are refilled, while another transaction stays open (--open-seconds): the rate of its last third, against an empty queue, part by part in turns',
  unit: 'execution',
  rounds: 1,
  contenders: { attune: { subject: attune, turn } },
  bars: [{ figure: 'long_against_empty_queue', of: 'attune', better: 'higher', must: 0.9, goal: 0.9 }],
};
