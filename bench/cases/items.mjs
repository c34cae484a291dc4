import { attune, wideWorker, withSite } from '../attune/site.mjs';
import { openMeter } from '../run/meter.mjs';
import { perSecond } from '../run/statistics.mjs';

const full = 10_000;

const turn = ({ url, bench }) =>
  withSite({ url, bench }, async (site) => {
    const count = bench.sized(full);
    await site.start(['executor']);
    await site.start(['worker'], wideWorker);
    const host = await site.host();
    const run = async (items) => {
      const parameters = { items: Array.from({ length: items }, (_, n) => n) };
      const { asked, id } = await host.call('request', { action_ref: 'bench.items', parameters });
      const { completed } = await site.endings.of(id);
      return completed - asked;
    };
    await run(100);
    const meter = await openMeter(site.client, attune.schema, bench.server.pid);
    await meter.begin();
    const ms = await run(count);
    await meter.end();
    await site.stopServices();
    return { figures: { total_s: ms / 1_000, per_second: perSecond(count, ms) }, cost: await meter.cost(count) };
  });

export default {
  name: 'items',
  about: 'a workflow of one task with 10,000 items, each an execution of core.noop, 500 at a time',
  unit: 'item',
  contenders: { attune: { subject: attune, turn } },
  bars: [],
};
