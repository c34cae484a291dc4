import { contentHash, maxRestarts, type Id, type Json, type JsonObject, type ExecutionStatus } from '@attune/core';
import {
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
import { graphOf } from './graph.ts';
import { lockRunFirst } from './lock-run.ts';
import { createSuccessor } from './successor.ts';
import { inTransaction } from './transaction.ts';

const batchSize = 200;

/** Acts on every execution whose lease ran out: its worker is lost. Each is abandoned in a transaction of its own, which also
 *  decides what follows (the retry policy, `on_worker_lost: restart`, the workflow's `failed()`). One that cannot be rescued
 *  is reported and does not hide the others.
 *  @returns how many were abandoned. */
export async function rescue(db: Database, onError: (id: Id, error: unknown) => void): Promise<number> {
  let rescued = 0;
  let after = '0';
  for (;;) {
    const expired = await leases.expired(db, { limit: batchSize, after, beyond: false });
    const last = expired.at(-1);
    if (last === undefined) return rescued;
    after = last.id;
    rescued += await abandonAll(db, expired, 'run out', onError);
  }
}

/** Acts at once on everything a worker held, as when it starts again and has ended what its former self left running. */
export const abandonWorker = async (
  db: Database,
  worker: Id,
  onError: (id: Id, error: unknown) => void,
): Promise<number> => abandonAll(db, await leases.heldBy(db, worker), 'whatever', onError);

async function abandonAll(
  db: Database,
  rows: readonly { id: Id; lease_token: string }[],
  which: 'run out' | 'whatever',
  onError: (id: Id, error: unknown) => void,
): Promise<number> {
  let abandoned = 0;
  for (const { id, lease_token } of rows) {
    try {
      const lease = { execution: id, lease_token };
      if (await inTransaction(db, (tx) => abandon(tx, lease, which))) abandoned += 1;
    } catch (error) {
      onError(id, error);
    }
  }
  return abandoned;
}

async function abandon(tx: Tx, { execution, lease_token }: Lease, which: 'run out' | 'whatever'): Promise<boolean> {
  const run = await lockRunFirst(tx, execution);
  const before = await executionQueue.lock(tx, execution);
  if (before?.lease_token !== lease_token) return false;
  // the worker may have renewed it since the sweep looked
  if (which === 'run out' && !(await leases.hasRunOut(tx, execution, false))) return false;
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
