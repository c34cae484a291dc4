import {
  nodeOf,
  type TaskStart,
  type WorkflowGraph,
  type WorkflowSecrets,
  type WorkflowTaskMetadata,
} from '@attune/core';
import type { LockedRun } from '@attune/db';
import type { Wanted } from './create.ts';

/** The execution that a run's conductor wants for a task, or for an item of it. */
export function wantedTask(run: LockedRun, graph: WorkflowGraph, secrets: WorkflowSecrets, start: TaskStart): Wanted {
  const { definition } = nodeOf(graph, start.task);
  const { owner } = run;
  const index = start.item?.index ?? null;
  const workflow_task: WorkflowTaskMetadata = {
    workflow_execution: run.id,
    task_name: start.task,
    task_index: index,
    // of a task with batches an item is one, so both are its number
    task_batch: typeof definition.batch_size === 'number' ? index : null,
    retry_count: start.retry_count,
    max_retries: start.max_retries,
    next_retry_at: null,
    timeout_seconds: start.timeout_seconds,
    timed_out: false,
    duration_ms: null,
    started_at: null,
    completed_at: null,
    visit: start.visit,
    attempt: start.attempt,
    position: start.position,
    triggered_by: start.triggered_by,
  };
  return {
    action_ref: start.action,
    parameters: start.input,
    secrets: secrets.input(start.task),
    inherits: definition.input === 'inherit',
    parent: owner.id,
    enforcement: owner.enforcement,
    executor: owner.executor,
    cause: null,
    workflow_task,
    delay_seconds: start.delay_seconds,
    timeout_seconds: start.timeout_seconds,
    error: start.error,
  };
}
