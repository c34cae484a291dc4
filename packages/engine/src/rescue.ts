import { contentHash, maxRestarts, type Id, type Json, type JsonObject, type ExecutionStatus } from '@attune/core';
import {
  breakPoint,
  executionQueue,
  leases,
  revisions,
  runTrees,
  type Database,
  type EngineExecution,
  type LockedRun,
  type Lease,
  type Tx,
} from '@attune/db';
import { advance } from './advance.ts';
import { rememberFailures } from './failures.ts';
import { graphOf } from './graph.ts';
import { lockRunFirst } from './lock-run.ts';
import { createSuccessor } from './successor.ts';
import { inTransaction } from './transaction.ts';

/** Rows read at once, and rows rescued at once. */
const batchSize = 1_000;
const atOnce = 4;

export interface Sweeping {
  /** Whether leases that end later than any can count as run out, see `leases.expired`. Default false. */
  beyond?: boolean;
  /** Milliseconds after which the sweep stops for this time; the next one goes on from there. Default: at the end. */
  withinMs?: number;
}

export interface Rescuer {
  /** Abandons executions whose lease ran out, each in a transaction of its own that also decides what follows (the retry policy,
   *  `on_worker_lost: restart`, the workflow's `failed()`). One that cannot be rescued is reported, waits longer each time until it is
   *  tried again, and does not hide the others, however many such there are.
   *  @returns how many were abandoned. */
  sweep(options?: Sweeping): Promise<number>;
  /** How many could not be rescued so far. */
  failing(): number;
}

/** What sweeps over the leases that ran out. It remembers where it was and what could not be rescued. */
export function rescuer(db: Database, onError: (id: Id, error: unknown) => void): Rescuer {
  const failures = rememberFailures(onError);
  let after = '0';

  /** Those rescued, or ended by others, are forgotten when a lap is over. */
  let seen = new Set<Id>();
  const finishLap = (rescued: number): number => {
    after = '0';
    failures.keep((id) => seen.has(id));
    seen = new Set();
    return rescued;
  };

  return {
    failing: () => failures.size(),
    async sweep({ beyond = false, withinMs = Infinity } = {}) {
      const until = performance.now() + withinMs;
      const how = { which: 'run out', beyond, until } as const;
      // what ran out of late comes first, however much there is that cannot be rescued
      const lately = await leases.latelyExpired(db, batchSize);
      let { abandoned: rescued } = await abandonAll(
        db,
        lately.filter(({ id }) => !failures.isWaiting(id)),
        how,
        (id, error) => failures.failed(id, error),
      );
      if (lately.length === 0 && !beyond) return finishLap(0);
      for (;;) {
        const batch = await leases.expired(db, { limit: batchSize, after, beyond });
        const due = batch.filter(({ id }) => !failures.isWaiting(id));
        for (const { id } of batch) seen.add(id);
        const done = await abandonAll(db, due, how, (id, error) => failures.failed(id, error));
        rescued += done.abandoned;
        if (done.last !== null) {
          after = done.last; // out of time: what comes after it is looked at next time
          return rescued;
        }
        const last = batch.at(-1);
        if (last === undefined) break;
        after = last.id;
      }
      return finishLap(rescued);
    },
  };
}

/** One whole sweep, see {@link rescuer}. */
export const rescue = (db: Database, onError: (id: Id, error: unknown) => void): Promise<number> =>
  rescuer(db, onError).sweep();

/** Acts at once on everything a worker held, as when it starts again and has ended what its former self left running. */
export const abandonWorker = async (
  db: Database,
  worker: Id,
  onError: (id: Id, error: unknown) => void,
): Promise<number> => {
  const all = { which: 'whatever', beyond: false, until: Infinity } as const;
  return (await abandonAll(db, await leases.heldBy(db, worker), all, onError)).abandoned;
};

interface Abandoning {
  which: 'run out' | 'whatever';
  beyond: boolean;
  /** When to stop, by performance.now(). */
  until: number;
}

/** @returns how many were abandoned, and the last that was looked at where time ran out, else null. */
async function abandonAll(
  db: Database,
  rows: readonly { id: Id; lease_token: string }[],
  how: Abandoning,
  onError: (id: Id, error: unknown) => void,
): Promise<{ abandoned: number; last: Id | null }> {
  let abandoned = 0;
  let next = 0;
  const lane = async () => {
    for (let row = rows[next]; row !== undefined && performance.now() < how.until; row = rows[next]) {
      next += 1;
      const lease = { execution: row.id, lease_token: row.lease_token };
      try {
        if (await inTransaction(db, (tx) => abandon(tx, lease, how))) abandoned += 1;
      } catch (error) {
        onError(row.id, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, rows.length) }, lane));
  return { abandoned, last: next < rows.length ? (rows[next - 1]?.id ?? null) : null };
}

async function abandon(tx: Tx, { execution, lease_token }: Lease, { which, beyond }: Abandoning): Promise<boolean> {
  await leases.waitBriefly(tx);
  const run = await lockRunFirst(tx, execution);
  const before = await executionQueue.lock(tx, execution);
  if (before?.lease_token !== lease_token) return false;
  // the worker may have renewed it since the sweep looked
  if (which === 'run out' && !(await leases.hasRunOut(tx, execution, beyond))) return false;
  const result: JsonObject = {
    succeeded: false,
    error: 'The worker was lost while this attempt ran; whether the action finished is not known',
  };
  const lost = await executionQueue.end(
    tx,
    execution,
    { move: 'lose', result, result_hash: contentHash(result), timed_out: false },
    lease_token,
  );
  if (lost === undefined) return false;
  breakPoint('rescue.abandoned');
  const restarts = before.status === 'running' && (await mayRestart(tx, run, lost));
  if (restarts && run?.paused === true) await runTrees.keepEnd(tx, run.id, { execution, restarts });
  else if (restarts) await createSuccessor(tx, lost, 'restart', run);
  else if (lost.workflow_task !== null) await advance(tx, { kind: 'ended', execution: lost }, run);
  return true;
}

/** The retry policy comes first: a task that has retries left is retried by it, not restarted. */
async function mayRestart(tx: Tx, run: LockedRun | undefined, lost: EngineExecution): Promise<boolean> {
  const task = lost.workflow_task;
  if (task !== null && task.retry_count < task.max_retries) return false;
  if (lost.parent !== null && (await statusAbove(tx, run, lost.parent)) !== 'running') return false;
  if ((await onWorkerLost(tx, run, lost)) !== 'restart') return false;
  return (await executionQueue.attemptsOf(tx, lost)) <= maxRestarts;
}

const statusAbove = async (tx: Tx, run: LockedRun | undefined, parent: Id): Promise<ExecutionStatus | undefined> =>
  run === undefined ? (await executionQueue.find(tx, parent))?.status : run.owner.status;

/** What the task says, else what the action says. */
async function onWorkerLost(tx: Tx, run: LockedRun | undefined, lost: EngineExecution): Promise<Json | undefined> {
  const graph = run === undefined ? undefined : await graphOf(tx, run.revision);
  const own = graph?.tasks.get(lost.workflow_task?.task_name ?? '')?.definition.on_worker_lost;
  if (own) return own;
  return lost.revision === null ? undefined : (await revisions.find(tx, lost.revision))?.definition['on_worker_lost'];
}
