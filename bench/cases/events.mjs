import { payload } from '../attune/pack.mjs';
import { attune, withSite } from '../attune/site.mjs';
import { monotonicMs } from '../run/clock.mjs';
import { openMeter } from '../run/meter.mjs';
import { perSecond } from '../run/statistics.mjs';
import { inLanes, until } from '../run/wait.mjs';

const events = 20_000;
const batch = 500;
const connections = 4;

const turn = ({ url, bench }) =>
  withSite({ url, bench }, async (site) => {
    const count = bench.sized(events);
    const http = await site.http(await site.start(['api']), connections);
    await site.start(['executor']);
    const bodyOf = (size) =>
      Buffer.from(
        JSON.stringify({ events: Array.from({ length: size }, () => ({ trigger_ref: 'bench.happened', payload })) }),
      );
    const post = (body) => http.post('/api/v1/events/batch', body);
    const made = async () =>
      (await site.client.query('select count(*)::int as made from attune.execution')).rows[0].made;
    await post(bodyOf(100));
    await until('the first hundred have led to executions', async () => (await made()) === 100);
    const bodies = Array.from({ length: Math.ceil(count / batch) }, (_, n) =>
      bodyOf(Math.min(batch, count - n * batch)),
    );
    const meter = await openMeter(site.client, attune.schema, bench.server.pid);
    await meter.begin();
    const started = monotonicMs();
    await inLanes(bodies.length, connections, (n) => post(bodies[n]));
    const accepted = monotonicMs();
    await until('every event has led to an execution', async () => (await made()) === 100 + count);
    const ended = monotonicMs();
    await meter.end();
    await site.stopServices();
    return {
      figures: {
        per_second: perSecond(count, ended - started),
        accepted_per_second: perSecond(count, accepted - started),
      },
      cost: await meter.cost(count),
    };
  });

export default {
  name: 'events',
  about:
    '20,000 events posted in batches of 500 on 4 connections, until rule and enforcement have made an execution of each',
  unit: 'event',
  contenders: { attune: { subject: attune, turn } },
  bars: [{ figure: 'per_second', of: 'attune', better: 'higher', must: 3_000, goal: 15_000 }],
};
