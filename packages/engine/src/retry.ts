import { awaitsRetry, contentHash, type RunState } from '@attune/core';
import { breakPoint, executionQueue, type Database, type EngineExecution, type LockedRun, type Tx } from '@attune/db';
import { actionsOf, prepare } from './create.ts';
import { eachRow, failAtOnce, type Failures } from './failures.ts';
import { lockRunFirst } from './lock-run.ts';
import { createSuccessor } from './successor.ts';
import { inTransaction } from './transaction.ts';

const batchSize = 100;

/** Creates the next attempts of failed ones whose `next_retry_at` has come. Each in a transaction of its own that also clears
 *  `next_retry_at`, so that two executors make one successor.
 *  @returns how many were created. */
export const retry = (db: Database, failures: Failures = failAtOnce): Promise<number> =>
  eachRow(
    (after, limit) => executionQueue.retryDue(db, limit, after),
    batchSize,
    failures,
    (id) => inTransaction(db, (tx) => retryOne(tx, id)),
  );

async function retryOne(tx: Tx, id: string): Promise<boolean> {
  const run = await lockRunFirst(tx, id);
  if (run?.paused === true) return false;
  const ended = await executionQueue.lock(tx, id);
  const known = ended?.revision === null ? await asRegisteredNow(tx, ended) : ended;
  if (known === undefined || (await executionQueue.takeRetry(tx, id)) === 0) return false;
  breakPoint('retry.taken');
  if (!(await isAwaited(tx, run, known))) return false;
  await createSuccessor(tx, known, 'retry', run);
  return true;
}

/** An execution of an older system with what running it needs here: the action as it is registered now, with the parameters that
 *  were given then. Undefined while there is no such action. */
async function asRegisteredNow(tx: Tx, ended: EngineExecution): Promise<EngineExecution | undefined> {
  const action = (await actionsOf(tx, [ended])).get(ended.action_ref);
  if (action === undefined) return undefined;
  const { config } = prepare(action, ended.config ?? {});
  return {
    ...ended,
    action: action.id,
    workflow_def: action.workflow_def,
    runtime: action.runtime_ref,
    revision: action.revision,
    pack_revision: action.pack_revision,
    config,
    input_hash: contentHash(config),
    timeout_seconds: ended.workflow_task?.timeout_seconds ?? null,
  };
}

/** Nothing below a workflow starts once it was cancelled, made to fail, or ended: such a run has given its retries up. */
async function isAwaited(tx: Tx, run: LockedRun | undefined, ended: EngineExecution): Promise<boolean> {
  const { workflow_task: task, parent } = ended;
  if (run === undefined || task?.visit === undefined) {
    // a row of an older system: the documented query alone decides
    return parent === null || (await executionQueue.find(tx, parent))?.status === 'running';
  }
  if (run.owner.status !== 'running') return false;
  return awaitsRetry(run.state as unknown as RunState, task.task_name, task.visit, task.task_index);
}
