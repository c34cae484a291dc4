import { attune, withSite } from '../attune/site.mjs';
import { withClient } from '../layout/server.mjs';
import { dbos, floor, graphileWorker, pgBoss } from '../peers/index.mjs';
import { withHost } from '../run/host.mjs';
import { openMeter } from '../run/meter.mjs';
import { perSecond } from '../run/statistics.mjs';

const single = { count: 2_000, callers: 1, batch: 1 };
const callers = { count: 5_000, callers: 16, batch: 1 };
const batched = (batch) => ({ count: 20_000, callers: 1, batch });

const peerTurn = (subject, batch) => ({
  subject,
  turn: ({ url, bench }) =>
    withClient(url, (client) => measured({ client, subject, bench, batch, start: () => subject.start(url, bench) })),
});

/** @param starting of a client, on a site */
const attuneTurn = (starting) => ({
  subject: attune,
  turn: ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      const start = await starting(site);
      return measured({ client: site.client, subject: attune, bench, batch: 1_000, start });
    }),
});

const byEngine = (site) => () => site.host();

const byApi = async (site) => {
  const api = await site.start(['api']);
  return () => site.apiHost(api);
};

/** One after another, by 16 callers at once, and in batches; nobody works on what is added. The costs are those of the batches.
 *  @param batch undefined: it has no call that takes many */
const measured = ({ client, subject, bench, batch, start }) =>
  withHost(start(), async (host) => {
    const rate = async (given) => {
      const count = bench.sized(given.count);
      return perSecond(count, await host.call('enqueue', { ...given, count }));
    };
    const figures = { single_per_second: await rate(single), callers_per_second: await rate(callers) };
    if (batch === undefined) return { figures };
    await rate({ ...batched(batch), count: 5_000 }); // the code of batches is compiled then, as the others' is
    const meter = await openMeter(client, subject.schema, bench.server.pid);
    await meter.begin();
    figures.batched_per_second = await rate(batched(batch));
    await meter.end();
    return { figures, cost: await meter.cost(bench.sized(batched(batch).count)) };
  });

export default {
  name: 'enqueue',
  about: 'asking for work one after another, by 16 callers at once, and in batches of 1,000 (graphile-worker 5,000)',
  unit: 'execution, batched',
  contenders: {
    attune: attuneTurn(byEngine),
    'attune by API': attuneTurn(byApi),
    'graphile-worker': peerTurn(graphileWorker, 5_000),
    'pg-boss': peerTurn(pgBoss, 1_000),
    dbos: peerTurn(dbos, undefined),
    floor: peerTurn(floor, 1_000),
  },
  bars: [
    { figure: 'batched_per_second', of: 'attune', against: 'graphile-worker', better: 'higher', must: 1, goal: 3 },
  ],
};
