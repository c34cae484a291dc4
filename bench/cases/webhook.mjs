import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { payload, signatureHeader } from '../attune/pack.mjs';
import { attune, withSite } from '../attune/site.mjs';
import { openWire, requestBytes } from '../attune/wire.mjs';
import { monotonicMs } from '../run/clock.mjs';
import { openMeter } from '../run/meter.mjs';
import { percentiles, perSecond } from '../run/statistics.mjs';
import { until } from '../run/wait.mjs';

const samples = 300;
const deliveries = 6_000;
const connections = 24;
/** Deliveries before anything is measured: code is compiled then, and every connection has been used. */
const warmUp = 500;

const bodyOf = (n) => Buffer.from(JSON.stringify({ ...payload, n }));

const signatureOf = ({ secret }, body) => ({
  [signatureHeader]: `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

const executionOf = {
  name: 'execution of event',
  text: `select e.id::text from attune.execution e join attune.enforcement n on n.id = e.enforcement where n.event = $1`,
};

const latency = {
  subject: attune,
  turn: ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      const api = await site.start(['api']);
      await site.start(['executor']);
      await site.start(['worker']);
      const http = await site.http(api);
      const hook = await http.get('/api/v1/triggers/bench.delivery/webhook');
      const { pathname } = new URL(hook.url);
      const taken = [];
      const claimed = [];
      const warmUps = 10;
      for (let n = 0; n < warmUps + bench.sized(samples); n++) {
        await pause(3 + Math.random() * 10);
        const body = bodyOf(n);
        const headers = signatureOf(hook, body);
        const asked = monotonicMs();
        const { event_id } = await http.post(pathname, body, headers);
        const id = await until(
          'the event has led to an execution',
          async () => (await site.client.query({ ...executionOf, values: [event_id] })).rows[0]?.id,
          { pauseMs: 3 },
        );
        const { started, completed } = await site.endings.of(id);
        if (n < warmUps) continue;
        taken.push(completed - asked);
        claimed.push(started - asked);
      }
      return { figures: { ...percentiles(taken), ...percentiles(claimed, 'claim_') } };
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
      const all = Array.from({ length: warmUp + count }, (_, n) => {
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
      await deliver(all.slice(0, warmUp));
      await site.start(['executor']);
      const rows = async () =>
        Number((await site.client.query('select count(*)::int as made from attune.execution')).rows[0].made);
      await until('the first have led to executions', async () => (await rows()) === warmUp);
      const meter = await openMeter(site.client, attune.schema, bench.server.pid);
      await meter.begin();
      const started = monotonicMs();
      await deliver(all.slice(warmUp));
      const accepted = monotonicMs();
      await until('every delivery has led to an execution', async () => (await rows()) === warmUp + count);
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
