import {
  breakPoint,
  executionQueue,
  workflowExecutions,
  type EngineExecution,
  type LockedRun,
  type Tx,
} from '@attune/db';
import { retried, type JsonObject, type RunState } from '@attune/core';
import { advance } from './advance.ts';
import { graphOf } from './graph.ts';
import { firstStatus } from './create.ts';
import { lockRun } from './lock-run.ts';

/** Creates the next attempt of an execution that ended: the same action, revision and rendered input. A retry counts against
 *  the retry policy, a restart after a lost worker does not.
 *  @param run that it is a task of, where it is locked already */
export async function createSuccessor(
  tx: Tx,
  ended: EngineExecution,
  kind: 'retry' | 'restart',
  run?: LockedRun,
): Promise<EngineExecution> {
  const retry_count = ended.retry_count + (kind === 'retry' ? 1 : 0);
  const task = ended.workflow_task;
  const attempt = (task?.attempt ?? 1) + 1;
  const [successor] = await executionQueue.insertMany(tx, [
    {
      ...ended,
      status: firstStatus(ended.runtime, 0),
      result: null,
      result_hash: null,
      retry_count,
      original_execution: ended.original_execution ?? ended.id,
      delay_seconds: 0,
      cause: null,
      worker: null,
      workflow_task: task && {
        ...task,
        retry_count: task.retry_count + (kind === 'retry' ? 1 : 0),
        next_retry_at: null,
        timed_out: false,
        duration_ms: null,
        started_at: null,
        completed_at: null,
        ...(task.attempt === undefined ? {} : { attempt }),
      },
    },
  ]);
  if (successor === undefined) throw new Error('One execution was to be created');
  breakPoint('successor.created');
  if (task?.visit !== undefined) await tellRun(tx, successor, kind, run);
  if (successor.runtime === null) await advance(tx, { kind: 'begun', execution: successor });
  return successor;
}

/** The run's state names the attempt it waits for, and its record says that there is one. */
async function tellRun(
  tx: Tx,
  successor: EngineExecution,
  kind: 'retry' | 'restart',
  locked: LockedRun | undefined,
): Promise<void> {
  const task = successor.workflow_task;
  if (task?.visit === undefined || task.attempt === undefined) return;
  const run = locked ?? (await lockRun(tx, task.workflow_execution));
  const { task_name, visit, attempt, task_index: item } = task;
  const graph = await graphOf(tx, run.revision);
  const state = retried(graph, run.state as unknown as RunState, { task: task_name, visit, item, attempt });
  const decision = { successor: { kind, task: task_name, visit, ...(item === null ? {} : { item }), attempt } };
  await workflowExecutions.record(tx, [
    {
      run: run.id,
      steps: [{ step: run.steps + 1, execution: successor.id, decision }],
      state: state as unknown as JsonObject,
      variables: null,
      tasks: null,
    },
  ]);
}
