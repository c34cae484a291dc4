import { createHmac } from 'node:crypto';
import { actionStarts } from '../attune/action-starts.mjs';
import { payload, signatureHeader } from '../attune/pack.mjs';
import { attune, withSite } from '../attune/site.mjs';
import { openWire, requestBytes } from '../attune/wire.mjs';
import { monotonicMs } from '../run/clock.mjs';
import { idleGap, warmUp } from '../run/idle.mjs';
import { openMeter } from '../run/meter.mjs';
import { percentiles, perSecond } from '../run/statistics.mjs';
import { until } from '../run/wait.mjs';

const samples = 300;
const deliveries = 6_000;
const connections = 24;
/** Deliveries before anything is measured: code is compiled then, and every connection has been used. */
const warmUpDeliveries = 500;

const bodyOf = (n) => Buffer.from(JSON.stringify({ ...payload, n }));

const signatureOf = ({ secret }, body) => ({
  [signatureHeader]: `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

const latency = {
  subject: attune,
  turn: ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      const api = await site.start(['api']);
      const starts = actionStarts();
      await site.start(['executor']);
      await site.start(['worker'], {}, starts.tell);
      const http = await site.http(api);
      const hook = await http.get('/api/v1/triggers/bench.delivery/webhook');
      const { pathname } = new URL(hook.url);
      const sample = async (n) => {
        const body = bodyOf(n);
        const headers = signatureOf(hook, body);
        const asked = monotonicMs();
        const started = starts.next();
        await http.post(pathname, body, headers);
        return (await started) - asked;
      };
      let n = 0;
      await warmUp(bench, () => sample(n++));
      const taken = [];
      for (const last = n + bench.sized(samples); n < last; n++) {
        await idleGap();
        taken.push(await sample(n));
      }
      return { figures: percentiles(taken) };
    }),
};

const rate = {
  subject: attune,
  turn: ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      const count = bench.sized(deliveries);
      const api = await site.start(['api']);
      const http = await site.http(api);
      const hook = await http.get('/api/v1/triggers/bench.delivery/webhook');
      const all = Array.from({ length: warmUpDeliveries + count }, (_, n) => {
        const body = bodyOf(n);
        return requestBytes(hook.url, body, signatureOf(hook, body));
      });
      const wires = await Promise.all(Array.from({ length: connections }, () => openWire(api.url)));
      const deliver = (deliveries) =>
        Promise.all(
          wires.map(async (wire, lane) => {
            for (let n = lane; n < deliveries.length; n += connections) await wire.send(deliveries[n]);
          }),
        );
      await deliver(all.slice(0, warmUpDeliveries));
      await site.start(['executor']);
      const rows = async () =>
        Number((await site.client.query('select count(*)::int as made from attune.execution')).rows[0].made);
      await until('the first have led to executions', async () => (await rows()) === warmUpDeliveries);
      const meter = await openMeter(site.client, attune.schema, bench.server.pid);
      await meter.begin();
      const started = monotonicMs();
      await deliver(all.slice(warmUpDeliveries));
      const accepted = monotonicMs();
      await until('every delivery has led to an execution', async () => (await rows()) === warmUpDeliveries + count);
      const ended = monotonicMs();
      await meter.end();
      for (const wire of wires) wire.close();
      await site.stopServices();
      return {
        figures: {
          per_second: perSecond(count, ended - started),
          accepted_per_second: perSecond(count, accepted - started),
        },
        cost: await meter.cost(count),
      };
    }),
};

export default {
  name: 'webhook',
  about:
    'signed deliveries, one each: from one on an idle system until its action begins; and on 24 connections until all executions exist',
  unit: 'delivery',
  contenders: { 'attune latency': latency, attune: rate },
  bars: [{ figure: 'per_second', of: 'attune', better: 'higher', must: 800, goal: 3_000 }],
};
