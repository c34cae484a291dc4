import { setTimeout as pause } from 'node:timers/promises';
import { actionStarts } from '../attune/action-starts.mjs';
import { attune, withSite } from '../attune/site.mjs';
import { dbos, floor, graphileWorker, pgBoss } from '../peers/index.mjs';
import { monotonicMs } from '../run/clock.mjs';
import { withHost } from '../run/host.mjs';
import { idleGap, warmUp } from '../run/idle.mjs';
import { percentiles } from '../run/statistics.mjs';

const samples = 1_000;

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
  await warmUp(bench, sample);
  const taken = [];
  for (let n = 0; n < bench.sized(samples); n++) {
    await idleGap();
    taken.push(await sample());
  }
  return taken;
}

/** From before the call that asks until the worker calls the action's code, as it says itself; and, as `ended_`, until the statement
 *  begins that ends the execution, as its row says. */
async function attuneFigures(site, bench, starts, request) {
  const asked = new Map();
  const taken = await sampled(bench, async () => {
    const started = starts.next();
    const { asked: at, id } = await request();
    asked.set(id, at);
    return (await started) - at;
  });
  const counted = [...asked.keys()].slice(-taken.length);
  const ended = [];
  for (const id of counted) ended.push((await site.endings.of(id)).completed - asked.get(id));
  return { ...percentiles(taken), ...percentiles(ended, 'ended_') };
}

const byEngine = {
  subject: attune,
  turn: ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      const starts = actionStarts();
      await site.start(['executor']);
      await site.start(['worker'], {}, starts.tell);
      const host = await site.host();
      return { figures: await attuneFigures(site, bench, starts, () => host.call('request')) };
    }),
};

const byApi = (processes) => ({
  subject: attune,
  turn: ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      const starts = actionStarts();
      const api = await site.start(processes[0], {}, starts.tell);
      for (const services of processes.slice(1)) await site.start(services, {}, starts.tell);
      const http = await site.http(api);
      const request = async () => {
        const asked = monotonicMs();
        const { id } = await http.post('/api/v1/executions', { action_ref: 'core.noop' });
        return { asked, id };
      };
      return { figures: await attuneFigures(site, bench, starts, request) };
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
