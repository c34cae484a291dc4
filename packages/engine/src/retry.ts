import { awaitsRetry, contentHash, type RunState } from '@attune/core';
import { executionQueue, workflowExecutions, type Database, type EngineExecution, type Tx } from '@attune/db';
import { actionsOf, prepare } from './create.ts';
import { lockRunFirst } from './finish.ts';
import { createSuccessor } from './successor.ts';
import { inTransaction } from './transaction.ts';

const batchSize = 100;

/** Creates the next attempts of failed ones whose `next_retry_at` has come. Each in a transaction of its own that also clears
 *  `next_retry_at`, so that two executors make one successor.
 *  @returns how many were created. */
export async function retry(db: Database): Promise<number> {
  const due = await executionQueue.retryDue(db, batchSize);
  let created = 0;
  for (const { id } of due) created += (await inTransaction(db, (tx) => retryOne(tx, id))) ? 1 : 0;
  return created;
}

async function retryOne(tx: Tx, id: string): Promise<boolean> {
  if ((await lockRunFirst(tx, id))?.paused === true) return false;
  const ended = await executionQueue.lock(tx, id);
  const known = ended?.revision === null ? await asRegisteredNow(tx, ended) : ended;
  if (known === undefined || (await executionQueue.takeRetry(tx, id)) === 0) return false;
  if (!(await isAwaited(tx, known))) return false;
  await createSuccessor(tx, known, 'retry');
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
async function isAwaited(tx: Tx, ended: EngineExecution): Promise<boolean> {
  const task = ended.workflow_task;
  if (ended.parent !== null && (await executionQueue.find(tx, ended.parent))?.status !== 'running') return false;
  if (task?.visit === undefined) return true; // a row of an older system: the documented query alone decides
  const run = await workflowExecutions.lock(tx, task.workflow_execution);
  return (
    run !== undefined && awaitsRetry(run.state as unknown as RunState, task.task_name, task.visit, task.task_index)
  );
}
