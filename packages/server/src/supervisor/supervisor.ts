import { idempotency, inquiries, loginThrottle, services, tokens } from '@attune/db';
import { expire, expireInquiries, rescue } from '@attune/engine';
import type { Deps, Stop } from '../deps.ts';
import { heartbeatOf } from '../heartbeat.ts';
import { startLoop } from '../loop.ts';

/** Milliseconds between two sweeps: with a lease of 20 s a lost worker is acted on within 22 s. */
const sweepMs = 2_000;
/** Milliseconds between two prunings. */
const pruneMs = 60_000;

/** The supervisor mends what time broke: lost workers, runs past their limit, records past their age. Any number may run: each
 *  chore takes a row in a transaction that checks it again. */
export async function startSupervisor({ db, bell, log: parent }: Deps): Promise<Stop> {
  const log = parent.child({ service: 'supervisor' });
  const heartbeat = heartbeatOf(db, 'supervisor');
  await heartbeat.beat();
  let pruneAt = 0;

  const loop = startLoop({
    name: 'the supervisor',
    log,
    pollMs: sweepMs,
    async pass() {
      const rescued = await rescue(db, (execution, error) =>
        log.error(
          { err: error, execution },
          'An execution of a lost worker could not be rescued; it will be tried again',
        ),
      );
      if (rescued > 0) log.warn({ rescued }, 'Executions of a lost worker were abandoned');
      const expired = await expire(db);
      if (expired > 0) log.info({ expired }, 'Workflow runs passed their time limit');
      const unanswered = await expireInquiries(db, (inquiry, error) =>
        log.error({ err: error, inquiry }, 'An inquiry past its deadline could not be ended; it will be tried again'),
      );
      if (unanswered > 0) log.info({ unanswered }, 'Inquiries passed their deadline');
      if (rescued + expired + unanswered > 0) bell.ring('execution', 'cancel', 'change');
      if (performance.now() >= pruneAt) {
        await idempotency.prune(db);
        await services.forgetDead(db);
        await loginThrottle.prune(db);
        await tokens.pruneRefresh(db);
        pruneAt = performance.now() + pruneMs;
      }
      await heartbeat.beat();
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
