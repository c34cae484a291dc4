import type { ExecutionStatus, Id, Instant, Json, JsonObject } from '@attune/core';
import { sql, type Tx } from './database.ts';
import { isHeld } from './standing.ts';
import type { LockedRun } from './workflow-execution.ts';
import { awaitingRetry, ofWorkflowExecution, workflowTaskFromJson } from './workflow-task.ts';

// What a run of a workflow left behind, for whoever only looks at it.

/** A run with its definition. */
export type RunRecord = Omit<LockedRun, 'owner' | 'lacks_parameters' | 'variables' | 'variables_step'> & {
  variables: JsonObject;
  definition: JsonObject;
};

/** A run as it stands, without its lock. */
export const find = (tx: Tx, id: Id): Promise<RunRecord | undefined> =>
  tx.maybe<RunRecord>(sql`
    select w.id, w.execution, w.workflow_def, w.revision, w.state, w.variables, w.status, w.paused, w.steps, w.facts, v.definition
    from workflow_execution w join revision v on v.hash = w.revision
    where w.id = ${id}`);

/** One step of a run's record, with the result that it was told. */
export interface StepRow {
  step: number;
  decision: JsonObject;
  execution: Id | null;
  result: Json;
}

/** Steps in order, from the one after `after` on. */
export const steps = (tx: Tx, run: Id, after: number, limit: number): Promise<StepRow[]> =>
  tx.many<StepRow>(sql`
    select s.step, s.decision, s.execution, e.result
    from workflow_step s left join execution e on e.id = s.execution
    where s.workflow_execution = ${run} and s.step > ${after}
    order by s.step limit ${limit}`);

/** An attempt of a task, without its result. */
export interface AttemptRow {
  id: Id;
  task_name: string;
  visit: number;
  item: number | null;
  attempt: number;
  status: ExecutionStatus;
  awaits_retry: boolean;
  is_held: boolean;
  /** Why it did not succeed, in one line; null where it did, or nothing is known. */
  error: string | null;
  reused_from: Id | null;
  not_reused: string | null;
  started_at: Instant | null;
  completed_at: Instant | null;
  /** How many attempts this run of the task has; all its rows say the same. */
  total: number;
}

type Row = Omit<AttemptRow, 'task_name' | 'visit' | 'item' | 'attempt' | 'reused_from' | 'not_reused'> & {
  workflow_task: Json;
};

/** The attempts of the tasks of a run in the order they were made; of each run of a task at most `most`, and of more those first that did
 *  not complete.
 *  @param tasks of which tasks; null: of all. */
export async function attempts(tx: Tx, run: Id, tasks: readonly string[] | null, most: number): Promise<AttemptRow[]> {
  const rows = await tx.many<Row>(sql`
    select id, workflow_task, status, awaits_retry, is_held, error, started_at, completed_at, total
    from (
      select e.id, e.workflow_task, e.status, ${isHeld} as is_held, e.started_at, e.completed_at,
        coalesce(${awaitingRetry}, false) as awaits_retry,
        ${reason} as error,
        (count(*) over task_run)::int as total,
        row_number() over (task_run order by e.status = 'completed', e.id) as place
      from execution e
      where ${ofWorkflowExecution(run)} and e.workflow_task->>'visit' is not null
        and (${tasks}::text[] is null or e.workflow_task->>'task_name' = any(${tasks}::text[]))
      window task_run as (partition by e.workflow_task->>'task_name', e.workflow_task->>'visit')) e
    where place <= ${most}
    order by id`);
  return rows.map(fromRow);
}

/** The attempts of an execution outside any workflow, by any of them; the first one first, at most `most`. */
export async function plainAttempts(tx: Tx, id: Id, most: number): Promise<AttemptRow[]> {
  const rows = await tx.many<Row>(sql`
    with first as (select coalesce(original_execution, id) as id from execution where id = ${id})
    select e.id, e.workflow_task, e.status, coalesce(${awaitingRetry}, false) as awaits_retry, ${isHeld} as is_held,
      ${reason} as error, e.started_at, e.completed_at, (count(*) over ())::int as total
    from execution e, first
    where e.id = first.id or e.original_execution = first.id
    order by e.id limit ${most}`);
  return rows.map((row, index) => ({ ...fromRow(row), attempt: index + 1 }));
}

/** Why an execution `e` did not succeed, as its result says it. */
const reason = sql<string | null>`
  case when e.status = 'completed' then null when jsonb_typeof(e.result->'error') = 'string' then left(e.result->>'error', 500)
    else left(e.result->'error'->>'message', 500) end`;

function fromRow({ workflow_task, ...row }: Row): AttemptRow {
  const task = workflowTaskFromJson(workflow_task);
  return {
    ...row,
    task_name: task?.task_name ?? '',
    visit: task?.visit ?? 1,
    item: task?.task_index ?? null,
    attempt: task?.attempt ?? 1,
    reused_from: task?.reused_from ?? null,
    not_reused: task?.not_reused ?? null,
  };
}
