import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { payload, signatureHeader } from '../attune/pack.mjs';
import { attune, withSite } from '../attune/site.mjs';
import { monotonicMs } from '../run/clock.mjs';
import { openMeter } from '../run/meter.mjs';
import { percentiles, perSecond } from '../run/statistics.mjs';
import { inLanes, until } from '../run/wait.mjs';

const samples = 300;
const deliveries = 6_000;
const connections = 24;

/** Deliveries that are signed before anything is measured: that is the sender's work. */
async function openHook(site, api, width) {
  const http = await site.http(api, width);
  const { url, secret } = await http.get('/api/v1/triggers/bench.delivery/webhook');
  const path = new URL(url).pathname;
  const signed = (n) => {
    const body = Buffer.from(JSON.stringify({ ...payload, n }));
    return {
      body,
      headers: { [signatureHeader]: `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` },
    };
  };
  return { signed, deliver: ({ body, headers }) => http.post(path, body, headers) };
}

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
      const hook = await openHook(site, api, 1);
      const taken = [];
      const claimed = [];
      const warmUp = 10;
      for (let n = 0; n < warmUp + bench.sized(samples); n++) {
        await pause(3 + Math.random() * 10);
        const delivery = hook.signed(n);
        const asked = monotonicMs();
        const { event_id } = await hook.deliver(delivery);
        const id = await until(
          'the event has led to an execution',
          async () => (await site.client.query({ ...executionOf, values: [event_id] })).rows[0]?.id,
          { pauseMs: 3 },
        );
        const { started, completed } = await site.endings.of(id);
        if (n < warmUp) continue;
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
      const hook = await openHook(site, api, connections);
      await inLanes(100, connections, (n) => hook.deliver(hook.signed(count + n)));
      await site.start(['executor']);
      const rows = async () =>
        Number((await site.client.query('select count(*)::int as made from attune.execution')).rows[0].made);
      await until('the first hundred have led to executions', async () => (await rows()) === 100);
      const all = Array.from({ length: count }, (_, n) => hook.signed(n));
      const meter = await openMeter(site.client, attune.schema, bench.server.pid);
      await meter.begin();
      const started = monotonicMs();
      await inLanes(count, connections, (n) => hook.deliver(all[n]));
      const accepted = monotonicMs();
      await until('every delivery has led to an execution', async () => (await rows()) === 100 + count);
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
