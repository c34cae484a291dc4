import type { Json, JsonObject } from '../json.ts';
import type { ExecutionStatus } from './machine.ts';

/** A 64-bit row id as its decimal digits. */
export type Id = string;

/** An absolute instant as RFC 3339 in UTC with microseconds: `2026-11-24T10:00:00.000000Z`. */
export type Instant = string;

/** What `execution.workflow_task` holds for a task of a workflow. The first twelve keys are always present (the founding
 *  document's contract); those that follow are ours and absent on rows of older systems. Ids are JSON numbers in the column and
 *  digits here. */
export interface WorkflowTaskMetadata {
  workflow_execution: Id;
  task_name: string;
  /** Zero-based index of the item in a `with_items` task, else null. */
  task_index: number | null;
  /** Zero-based number of the chunk where `batch_size` is set, else null. */
  task_batch: number | null;
  /** Retries before this attempt, counted by the retry policy. */
  retry_count: number;
  max_retries: number;
  /** When the next attempt is due; set on a failed attempt that will be retried, cleared when the successor is created. */
  next_retry_at: Instant | null;
  timeout_seconds: number | null;
  timed_out: boolean;
  duration_ms: number | bigint | null;
  started_at: Instant | null;
  completed_at: Instant | null;
  /** Number of this run of the task, 1 for the first. */
  visit?: number;
  /** Number of this row among all rows of (task, item, visit), 1 for the first; restarts count too. */
  attempt?: number;
  /** Iteration number of each loop passed, by the loop's head. */
  position?: Record<string, number>;
  /** The task whose transition started this one; null for entry tasks. */
  triggered_by?: string | null;
  /** In a re-run: the execution whose result this one took over, instead of running. */
  reused_from?: Id;
  /** In a re-run: why it took none over; a word of {@link notReusedReasons}. */
  not_reused?: string;
}

/** One row of `attune.execution`: the columns of the founding document. */
export interface Execution {
  id: Id;
  action: Id | null;
  action_ref: string;
  config: JsonObject | null;
  parent: Id | null;
  enforcement: Id | null;
  executor: Id | null;
  status: ExecutionStatus;
  result: Json | null;
  workflow_task: WorkflowTaskMetadata | null;
  created: Instant;
  updated: Instant;
}
