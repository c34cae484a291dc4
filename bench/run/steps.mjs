import { withClient } from '../layout/server.mjs';
import { steps } from '../attune/pack.mjs';
import { wideWorker, withSite } from '../attune/site.mjs';
import { withHost } from './host.mjs';
import { warmUp } from './idle.mjs';
import { openMeter } from './meter.mjs';
import { median, perSecond } from './statistics.mjs';
import { inLanes } from './wait.mjs';

/** Milliseconds for warming up. */
const warmUpMs = 5_000;

/** Workflows one after another: the median of their times.
 *  Workflows at once: steps per second, from before the first is asked for until the last has ended. */
const figuresOf = ({ each, all }, lanes) =>
  lanes === 1 ? { ms: median(each) } : { steps_per_second: perSecond(each.length * steps, all) };

/** Workflows of 40 steps by a peer that takes the deed `steps`.
 *  @param more what the peer is told besides */
export const peerSteps = (subject, { workflows, lanes, ...more }) => ({
  subject,
  turn: ({ url, bench }) =>
    withClient(url, (client) =>
      withHost(subject.start(url, bench), async (host) => {
        const count = bench.sized(workflows);
        await host.call('launch');
        await warmUp(bench, () => host.call('steps', { workflows: lanes, count: steps, lanes, ...more }), warmUpMs);
        const meter = await openMeter(client, subject.schema, bench.server.pid);
        await meter.begin();
        const taken = await host.call('steps', { workflows: count, count: steps, lanes, ...more });
        await meter.end();
        return { figures: figuresOf(taken, lanes), cost: await meter.cost(count * steps) };
      }),
    ),
});

/** The same by Attune: executor and worker as processes of their own, asked by a third. A workflow takes from before it is asked for
 *  until its `completed_at`, when the transaction begins that ends it. */
export const attuneSteps = (subject, action_ref, { workflows, lanes, worker = wideWorker }) => ({
  subject,
  turn: ({ url, bench }) =>
    withSite({ url, bench }, async (site) => {
      const count = bench.sized(workflows);
      await site.start(['executor']);
      await site.start(['worker'], worker);
      const host = await site.host();
      const runOne = async () => {
        const { asked, id } = await host.call('request', { action_ref });
        const { completed } = await site.endings.of(id);
        return { asked, completed };
      };
      await warmUp(bench, () => inLanes(lanes, lanes, runOne), warmUpMs);
      const meter = await openMeter(site.client, subject.schema, bench.server.pid);
      await meter.begin();
      const runs = [];
      await inLanes(count, lanes, async () => runs.push(await runOne()));
      await meter.end();
      await site.stopServices();
      const each = runs.map(({ asked, completed }) => completed - asked);
      const all = Math.max(...runs.map((run) => run.completed)) - Math.min(...runs.map((run) => run.asked));
      return { figures: figuresOf({ each, all }, lanes), cost: await meter.cost(count * steps) };
    }),
});
