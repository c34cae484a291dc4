import type { ExecutionStatus, Id, Instant, Json, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import { ofWorkflowExecution } from './workflow-task.ts';

/** A run of a workflow with what the conductor needs, read under the run's lock. */
export interface LockedRun {
  id: Id;
  execution: Id;
  workflow_def: Id;
  revision: string;
  state: JsonObject;
  variables: JsonObject;
  status: ExecutionStatus;
  /** Nothing starts in it: it is paused, or one above it is. */
  paused: boolean;
  steps: number;
  /** What its expressions read that was so when it began; null on rows from before that was kept. */
  facts: JsonObject | null;
  definition: JsonObject;
}

export const insert = (
  tx: Tx,
  run: {
    execution: Id;
    workflow_def: Id;
    revision: string;
    variables: JsonObject;
    task_graph: JsonObject;
    facts: JsonObject;
  },
): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    insert into workflow_execution (execution, workflow_def, revision, variables, task_graph, facts, state, status)
    values (${run.execution}, ${run.workflow_def}, ${run.revision}, ${jsonb(run.variables)}, ${jsonb(run.task_graph)},
      ${jsonb(run.facts)}, '{}', 'running')
    returning id`);

/** Locks a run until the transaction ends: every decision about it is made under this lock, one after another. */
export const lock = (tx: Tx, id: Id): Promise<LockedRun | undefined> =>
  tx.maybe<LockedRun>(sql`
    select w.id, w.execution, w.workflow_def, w.revision, w.state, w.variables, w.status, w.paused, w.steps, w.facts, v.definition
    from workflow_execution w join revision v on v.hash = w.revision
    where w.id = ${id}
    for update of w`);

/** The run of an execution, if it is one of a workflow. */
export const idOf = async (tx: Tx, execution: Id): Promise<Id | undefined> =>
  (
    await tx.maybe<{ id: Id }>(sql`
    select id from workflow_execution where execution = ${execution} and revision is not null`)
  )?.id;

export interface RunProgress {
  state: JsonObject;
  variables: JsonObject;
  status: ExecutionStatus;
  error_message: string | null;
  steps: number;
  current_tasks: string[];
  completed_tasks: string[];
  failed_tasks: string[];
  skipped_tasks: string[];
}

export const save = (tx: Tx, id: Id, progress: RunProgress): Promise<number> =>
  tx.run(sql`
    update workflow_execution
    set state = ${jsonb(progress.state)}, variables = ${jsonb(progress.variables)},
      status = ${progress.status}::execution_status_enum, error_message = ${progress.error_message},
      steps = ${progress.steps}, current_tasks = ${progress.current_tasks}, completed_tasks = ${progress.completed_tasks},
      failed_tasks = ${progress.failed_tasks}, skipped_tasks = ${progress.skipped_tasks}, updated = now()
    where id = ${id}`);

/** Keeps what became known of a run while it ran. */
export const setFacts = (tx: Tx, id: Id, facts: JsonObject): Promise<number> =>
  tx.run(sql`update workflow_execution set facts = ${jsonb(facts)} where id = ${id}`);

export const setStatus = (tx: Tx, id: Id, status: ExecutionStatus, error: string | null): Promise<number> =>
  tx.run(sql`
    update workflow_execution
    set status = ${status}::execution_status_enum, error_message = coalesce(${error}, error_message), updated = now()
    where id = ${id}`);

/** Appends what a run decided at one step; the same step twice is refused by the key. */
export const appendStep = (tx: Tx, run: Id, step: number, execution: Id | null, decision: Json): Promise<number> =>
  tx.run(sql`
    insert into workflow_step (workflow_execution, step, execution, decision)
    values (${run}, ${step}, ${execution}, ${jsonb(decision)})`);

export interface TaskResult {
  task_name: string;
  visit: number;
  result: Json;
  started_at: Instant | null;
}

/** The result of the last attempt of each of these (task, visit) pairs. */
export const results = (tx: Tx, run: Id, wanted: readonly { task: string; visit: number }[]): Promise<TaskResult[]> =>
  tx.many<TaskResult>(sql`
    select distinct on (wanted.task, wanted.visit) wanted.task as task_name, wanted.visit, e.result, e.started_at
    from unnest(${wanted.map((one) => one.task)}::text[], ${wanted.map((one) => one.visit)}::int[])
      as wanted(task, visit)
    join execution e on ${ofWorkflowExecution(run)}
      and e.workflow_task->>'task_name' = wanted.task
      and (e.workflow_task->>'visit')::int = wanted.visit
    order by wanted.task, wanted.visit, (e.workflow_task->>'attempt')::int desc`);

/** Keeps a state that changed without a decision: a successor came into being. */
export const saveState = (tx: Tx, id: Id, state: JsonObject, steps: number): Promise<number> =>
  tx.run(sql`
    update workflow_execution set state = ${jsonb(state)}, steps = ${steps}, updated = now() where id = ${id}`);

/** The conductor's state of runs, for whoever only looks. */
export const states = (tx: Tx, ids: readonly Id[]): Promise<{ id: Id; state: JsonObject }[]> =>
  tx.many<{ id: Id; state: JsonObject }>(sql`
    select id, state from workflow_execution where id = any(${ids}::bigint[]) and state is not null and revision is not null`);

/** The pause that holds the run of an execution; undefined where there is none. */
export const pauseOf = (tx: Tx, execution: Id): Promise<{ paused_by: Id | null; pause_reason: string | null } | undefined> =>
  tx.maybe<{ paused_by: Id | null; pause_reason: string | null }>(sql`
    select paused_by, pause_reason from workflow_execution where execution = ${execution} and paused`);
