import { setTimeout as pause } from 'node:timers/promises';
import { attune, withSite } from '../attune/site.mjs';
import { dbos, floor, graphileWorker, pgBoss } from '../peers/index.mjs';
import { monotonicMs } from '../run/clock.mjs';
import { withHost } from '../run/host.mjs';
import { percentiles } from '../run/statistics.mjs';

const samples = 500;

/** Between two samples, in milliseconds: long enough that all is idle again, and never in step with anything. */
const gap = () => pause(3 + Math.random() * 10);

/** From before the call that asks, in one process, until the job's code begins, in another. */
const peerTurn = (subject, setting) => ({
  subject,
  turn: ({ url, bench }) =>
    withHost(subject.start(url, bench), (worker) =>
      withHost(subject.start(url, bench), async (client) => {
        await worker.call('work', { setting });
        await pause(1_000);
        const taken = await sampled(bench, async () => {
          const begun = worker.heard('begun');
          const asked = await client.call('enqueueOne');
          return (await begun) - asked;
        });
        return { figures: percentiles(taken) };
      }),
    ),
});

async function sampled(bench, sample) {
  for (let n = 0; n < 10; n++) await sample();
  const taken = [];
  for (let n = 0; n < bench.sized(samples); n++) {
    await gap();
    taken.push(await sample());
  }
  return taken;
}

/** What the rows say: an execution is `started_at` when its claim begins, which is before its code does, and `completed_at` when the
 *  transaction that ends it begins, which is after. The figure is the later one. */
async function attuneFigures(site, bench, request) {
  const claimed = [];
  const taken = await sampled(bench, async () => {
    const { asked, id } = await request();
    const { started, completed } = await site.endings.of(id);
    claimed.push(started - asked);
    return completed - asked;
  });
  return { ...percentiles(taken), ...percentiles(claimed.slice(-taken.length), 'claim_') };
}

const byEngine = {
  subject: attune,
  turn: ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      await site.start(['executor']);
      await site.start(['worker']);
      const host = await site.host();
      return { figures: await attuneFigures(site, bench, () => host.call('request')) };
    }),
};

const byApi = (processes) => ({
  subject: attune,
  turn: ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      const api = await site.start(processes[0]);
      for (const services of processes.slice(1)) await site.start(services);
      const http = await site.http(api);
      const request = async () => {
        const asked = monotonicMs();
        const { id } = await http.post('/api/v1/executions', { action_ref: 'core.noop' });
        return { asked, id };
      };
      return { figures: await attuneFigures(site, bench, request) };
    }),
});

const bars = ['graphile-worker best', 'graphile-worker default'].flatMap((against) =>
  ['p50_ms', 'p99_ms'].map((figure) => ({ figure, of: 'attune', against, better: 'lower', must: 1, goal: 0.4 })),
);

export default {
  name: 'latency',
  about: 'an idle system: from before the call that asks until the action begins, in another process',
  unit: 'execution',
  contenders: {
    attune: byEngine,
    'attune by API': byApi([['api'], ['executor'], ['worker']]),
    'attune by API, one process': byApi([[]]),
    'graphile-worker best': peerTurn(graphileWorker, 'best'),
    'graphile-worker default': peerTurn(graphileWorker, 'plain'),
    'pg-boss': peerTurn(pgBoss, 'latency'),
    dbos: peerTurn(dbos, 'latency'),
    floor: peerTurn(floor, 'latency'),
  },
  bars,
};
