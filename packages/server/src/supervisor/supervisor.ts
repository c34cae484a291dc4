import { clocks, executionQueue, idempotency, inquiries, loginThrottle, services, tokens } from '@attune/db';
import { expire, expireInquiries, rememberFailures, rescuer, sweepOrphans } from '@attune/engine';
import type { Deps, Stop } from '../deps.ts';
import { heartbeatOf } from '../heartbeat.ts';
import { startLoop } from '../loop.ts';
import { choresOf, type Chore } from './chores.ts';
import { clockWatch } from './clock-watch.ts';

/** Milliseconds between two sweeps: with a lease of 20 s a lost worker is acted on within 22 s. */
const sweepMs = 2_000;
/** Longest a sweep over lost leases takes; the next one goes on. */
const rescueMs = 1_500;
/** Milliseconds between two looks for executions that nothing will move, and between two prunings. */
const minuteMs = 60_000;
const leaseMs = executionQueue.leaseSeconds * 1_000;

/** The supervisor mends what time broke: lost workers, runs past their limit, records past their age. Any number may run: each
 *  chore takes a row in a transaction that checks it again. */
export async function startSupervisor({ db, pulse, bell, log: parent, metrics }: Deps): Promise<Stop> {
  const log = parent.child({ service: 'supervisor' });
  const heartbeat = heartbeatOf(pulse, 'supervisor');
  await heartbeat.beat();

  const told = metrics.counter('attune_supervised_total', {
    help: 'Executions that the supervisor acted on: abandoned with their worker, ended at their time limit, inquiries past their deadline, orphans mended, brought forward after the clock was set back',
    labels: ['deed'],
  });
  for (const deed of ['rescued', 'brought_forward', 'expired', 'unanswered', 'mended']) told.add(0, deed);
  const jumps = metrics.counter('attune_clock_jumps_total', {
    help: "Times the database's clock was found to have been set, by direction",
    labels: ['direction'],
  });
  for (const direction of ['forward', 'backward']) jumps.add(0, direction);
  let orphans = 0;
  metrics.read(
    'attune_orphans',
    {
      type: 'gauge',
      help: 'Executions without an owner or a reason to wait that the last look found and could not mend',
    },
    () => [[orphans]],
  );

  /** What happened to others is told to them. */
  const acted = (deed: string, count: number, message: string) => {
    if (count === 0) return;
    told.add(count, deed);
    log.warn({ [deed]: count }, message);
    bell.ring('execution', 'cancel', 'change');
  };

  const rescue = rescuer(db, (execution, error) =>
    log.error({ err: error, execution }, 'An execution of a lost worker could not be rescued; it will be tried again'),
  );
  metrics.read(
    'attune_rescue_failing',
    { type: 'gauge', help: 'Executions of lost workers that could not be rescued so far' },
    () => [[rescue.failing()]],
  );
  const overdue = rememberFailures((execution, error) =>
    log.error({ err: error, execution }, 'A run past its time limit could not be ended; it will be tried again'),
  );
  const lookAtClock = clockWatch();
  let jumpedAt = -Infinity;

  const chores: Chore[] = [
    {
      name: 'rescue',
      everyMs: sweepMs,
      async run() {
        const askedAt = performance.now();
        const databaseMs = await clocks.milliseconds(pulse);
        const { jumpMs, steadyMs } = lookAtClock(databaseMs, askedAt, performance.now());
        if (jumpMs !== 0) {
          jumpedAt = performance.now();
          jumps.add(1, jumpMs > 0 ? 'forward' : 'backward');
          log.error({ jump_ms: Math.round(jumpMs) }, "The database's clock was set; leases count again in a while");
        }
        // at the start, too: nobody may have looked when it was set
        if (jumpMs < 0 || steadyMs === 0) {
          acted('brought_forward', await clocks.bringForward(db), 'What waited for a time of the old clock goes on');
        }
        // whoever lives has renewed its leases by then
        if (performance.now() - jumpedAt < leaseMs) return undefined;
        const rescued = await rescue.sweep({ beyond: steadyMs > leaseMs, withinMs: rescueMs });
        acted('rescued', rescued, 'Executions of a lost worker were abandoned');
        return rescue.failing() > 0 ? `${rescue.failing()} executions of lost workers cannot be rescued` : undefined;
      },
    },
    {
      name: 'expire',
      everyMs: sweepMs,
      async run() {
        acted('expired', await expire(db, overdue), 'Workflow runs passed their time limit');
        return overdue.size() > 0 ? `${overdue.size()} runs past their time limit cannot be ended` : undefined;
      },
    },
    {
      name: 'expire inquiries',
      everyMs: 0,
      async run() {
        const unanswered = await expireInquiries(db, (inquiry, error) =>
          log.error({ err: error, inquiry }, 'An inquiry past its deadline could not be ended; it will be tried again'),
        );
        acted('unanswered', unanswered, 'Inquiries passed their deadline');
        return undefined;
      },
    },
    {
      name: 'orphans',
      everyMs: minuteMs,
      async run() {
        const { found, mended } = await sweepOrphans(db, (execution, error) =>
          log.error({ err: error, execution }, 'An execution that nothing will move could not be mended'),
        );
        orphans = found.length - mended.length;
        if (found.length > 0) {
          const first = found.slice(0, 20);
          log.error({ found: found.length, executions: first }, 'Executions had no owner and no reason to wait');
        }
        acted('mended', mended.length, 'Executions that nothing would have moved were mended');
        return orphans > 0 ? `${orphans} executions have no owner and no reason to wait` : undefined;
      },
    },
    {
      name: 'prune',
      everyMs: minuteMs,
      async run() {
        await idempotency.prune(db);
        await services.forgetDead(db);
        await loginThrottle.prune(db);
        await tokens.pruneRefresh(db);
        return undefined;
      },
    },
  ];
  const all = choresOf(chores, log, metrics);

  const loop = startLoop({
    name: 'the supervisor',
    log,
    pollMs: sweepMs,
    async pass() {
      await all.round();
      await heartbeat.beat(all.trouble());
      const seconds = await inquiries.nextDeadlineSeconds(db);
      // what is overdue and could not be ended waits for the next sweep
      return seconds === null || seconds < 0 ? undefined : Math.ceil(seconds * 1_000);
    },
  });

  return async () => {
    await loop.stop();
    await heartbeat.leave();
  };
}
