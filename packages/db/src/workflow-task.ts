import {
  isJsonObject,
  stringifyJson,
  type Id,
  type Json,
  type JsonObject,
  type WorkflowTaskMetadata,
} from '@attune/core';
import type { RawBuilder } from 'kysely';
import { sql } from './database.ts';

// The one file that knows what stands inside `execution.workflow_task`: its paths, its casts, and how a row's JSON becomes the
// metadata of TypeScript. An expression index serves only a query that repeats its expression exactly, so statements take
// their conditions from here. The founding document's spelling (`->>` compared as text) is the indexed one.

/** Rows of one workflow execution. Served by execution_workflow_task_idx, with `ofTask` by its second column. */
export const ofWorkflowExecution = (id: Id) =>
  sql<boolean>`workflow_task is not null and workflow_task->>'workflow_execution' = ${id}`;

/** Rows of one task, in whatever workflow execution; combine with `ofWorkflowExecution`. */
export const ofTask = (name: string) => sql<boolean>`workflow_task->>'task_name' = ${name}`;

/** Rows of one run of a task; combine with `ofWorkflowExecution` and `ofTask`, whose index it is a column of. */
export const ofVisit = (visit: number) => sql<boolean>`coalesce(workflow_task->>'visit', '') = ${String(visit)}`;

/** Rows of a task without items, or whose items could not be told: another column of that index. */
export const withoutItem = sql<boolean>`coalesce(workflow_task->>'task_index', '') = ''`;

/** Failed attempts that wait for a successor and may have one. Served by execution_workflow_retry_idx. */
export const awaitingRetry = sql<boolean>`workflow_task is not null
  and workflow_task->>'next_retry_at' is not null
  and (workflow_task->>'retry_count')::int < (workflow_task->>'max_retries')::int`;

/** Those of `awaitingRetry` whose time has come. */
export const retryDue = sql<boolean>`${awaitingRetry} and (workflow_task->>'next_retry_at')::timestamptz <= attune.clock()`;

/** Task executions that were stopped at their time limit. */
export const timedOut = sql<boolean>`workflow_task is not null and (workflow_task->>'timed_out')::boolean`;

/** The metadata that an execution `e` has once it ended: when, how long it took, and whether its time was up. */
export const endedTask = (timedOut: RawBuilder<boolean>) => sql<Json>`
  case when e.workflow_task is null then null else e.workflow_task || jsonb_build_object(
    'started_at', attune.instant(e.started_at),
    'completed_at', attune.instant(attune.clock()),
    'duration_ms', (extract(epoch from attune.clock() - e.started_at) * 1000)::bigint,
    'timed_out', ${timedOut}) end`;

/** The same of one that was run at once, before the statement that writes it at this moment. */
export const ranTask = (task: RawBuilder<unknown>, moment: RawBuilder<unknown>) => sql<Json>`
  ${task} || jsonb_build_object('started_at', attune.instant(${moment}), 'completed_at', attune.instant(${moment}),
    'duration_ms', 0, 'timed_out', false)`;

/** Executions that are part of a workflow. */
export const partOfWorkflow = sql<boolean>`workflow_task is not null`;

/** Executions of an action run by itself. */
export const directRun = sql<boolean>`workflow_task is null`;

/** The metadata as the column holds it: the id as a JSON number with all its digits. */
export const workflowTaskToJson = (task: WorkflowTaskMetadata | null): Json =>
  task === null
    ? null
    : {
        ...(task as unknown as JsonObject),
        workflow_execution: numberOf(task.workflow_execution),
        ...(task.reused_from === undefined ? {} : { reused_from: numberOf(task.reused_from) }),
      };

/** The metadata of a row. The original also wrote JSON null for executions outside any workflow: both nulls read as null. */
export function workflowTaskFromJson(json: Json): WorkflowTaskMetadata | null {
  if (!isJsonObject(json)) return null;
  const id = stringifyJson(json['workflow_execution'] ?? null);
  const reused = json['reused_from'] === undefined ? {} : { reused_from: stringifyJson(json['reused_from']) };
  return { ...(json as unknown as WorkflowTaskMetadata), workflow_execution: id, ...reused };
}

function numberOf(id: Id): number | bigint {
  const number = Number(id);
  return Number.isSafeInteger(number) ? number : BigInt(id);
}
