import { stringifyJson, type ExecutionStatus, type Id, type Instant, type Json, type JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import { inlineBytes, ownerColumns, ownerFrom, type EngineExecution } from './engine-execution.ts';
import { ofTask, ofVisit, ofWorkflowExecution, withoutItem } from './workflow-task.ts';

export { inlineBytes };

/** A run of a workflow with what the conductor needs, read under the run's lock. */
export interface LockedRun {
  id: Id;
  execution: Id;
  workflow_def: Id;
  revision: string;
  state: JsonObject;
  /** Null: too large to be read at each step; see {@link variablesOf}. */
  variables: JsonObject | null;
  /** The step that changed the variables last: while it stays, so do they. */
  variables_step: number;
  status: ExecutionStatus;
  /** Nothing starts in it: it is paused, or one above it is. */
  paused: boolean;
  steps: number;
  /** What its expressions read that was so when it began; null on rows from before that was kept. */
  facts: JsonObject | null;
  /** The execution that it is the run of, locked with it. */
  owner: EngineExecution;
  /** Whether the parameters of the owner are missing, for they are too large to be read at each step. */
  lacks_parameters: boolean;
  /** Version of what is registered, as it was when the run was read. */
  registry: Id;
}

export const insert = (
  tx: Tx,
  run: { execution: Id; workflow_def: Id; revision: string; facts: JsonObject },
): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    insert into workflow_execution (execution, workflow_def, revision, variables, task_graph, facts, state, status)
    select ${run.execution}, ${run.workflow_def}, hash, '{}', definition->'workflow', ${jsonb(run.facts)}, '{}', 'running'
    from revision where hash = ${run.revision}
    returning id`);

/** Locks a run, and its execution with it, until the transaction ends: every decision about it is made under this lock, one after
 *  another.
 *  @param patient false: undefined also where somebody else has locked it */
export const lock = async (tx: Tx, id: Id, patient: boolean): Promise<LockedRun | undefined> => {
  const row = await tx.maybe<RunRow>(sql`
    select ${runColumns}, ${ownerColumns}
    from workflow_execution w join execution o on o.id = w.execution
    where w.id = ${id}
    for no key update of w, o ${sql.raw(patient ? '' : 'skip locked')}`);
  return row && runFrom(row);
};

/** The run that an execution is a task of. */
export interface RunOfTask {
  task: Id;
  run: LockedRun;
}

/** The same for the runs that executions are tasks of, each locked once, in the order of their ids.
 *  @param patient false: one that somebody else has locked is missing from the answer, so that whoever locks several waits for none */
export const lockOfTasks = async (tx: Tx, tasks: readonly Id[], patient: boolean): Promise<RunOfTask[]> => {
  const rows = await tx.many<RunRow & { tasks: Id[] }>(sql`
    select t.tasks, ${runColumns}, ${ownerColumns}
    from (
      select (e.workflow_task->>'workflow_execution')::bigint as run, array_agg(e.id::text) as tasks
      from execution e where e.id = any(${tasks}::bigint[]) group by 1) t
    join workflow_execution w on w.id = t.run
    join execution o on o.id = w.execution
    where w.revision is not null
    order by w.id
    for no key update of w, o ${sql.raw(patient ? '' : 'skip locked')}`);
  return rows.flatMap((row) => {
    const run = runFrom(row);
    return row.tasks.map((task) => ({ task, run }));
  });
};

type RunRow = Omit<LockedRun, 'owner' | 'lacks_parameters'> & Record<string, unknown>;

const runColumns = sql.raw(
  'w.id, w.execution, w.workflow_def, w.revision, w.state, w.variables_step, w.status, w.paused, w.steps, w.facts, ' +
    `case when pg_column_size(w.variables) <= ${inlineBytes} then w.variables end as variables, ` +
    '(select version from registry) as registry',
);

function runFrom(row: RunRow): LockedRun {
  const { owner, isPartial } = ownerFrom(row);
  const { id, execution, workflow_def, revision, state, variables, variables_step, status, paused, steps, facts } = row;
  const run = { id, execution, workflow_def, revision, state, variables, variables_step, status, paused, steps, facts };
  return { ...run, registry: row.registry, owner, lacks_parameters: isPartial };
}

/** The variables of a run that were too large to be read with it. */
export const variablesOf = async (tx: Tx, id: Id): Promise<JsonObject> =>
  (await tx.one<{ variables: JsonObject }>(sql`select variables from workflow_execution where id = ${id}`)).variables;

/** The run of an execution, if it is one of a workflow. */
export const idOf = async (tx: Tx, execution: Id): Promise<Id | undefined> =>
  (
    await tx.maybe<{ id: Id }>(sql`
    select id from workflow_execution where execution = ${execution} and revision is not null`)
  )?.id;

/** What steps come to, for the run's record and its row. */
export interface RecordedSteps {
  run: Id;
  /** Those after the run's last, in their order; the same step twice is refused by the key. */
  steps: {
    step: number;
    /** The execution it is about; null where the run begins. */
    execution: Id | null;
    decision: Json;
  }[];
  state: JsonObject;
  /** Null: they are as they were. */
  variables: JsonObject | null;
  /** The step that changed them. @default the last of these */
  variables_step?: number | undefined;
  /** Where the tasks stand; null: not said now. */
  tasks: {
    current_tasks: string[];
    completed_tasks: string[];
    failed_tasks: string[];
    skipped_tasks: string[];
  } | null;
}

/** Appends steps to the records of runs and keeps the states they lead to, in one statement: a row that one transaction updates often is
 *  found the slower each time. What has not changed is not written again. */
export const record = (tx: Tx, runs: readonly RecordedSteps[]): Promise<number> => {
  const steps = runs.flatMap(({ run, steps }) => steps.map((step) => ({ run, ...step })));
  const states = runs.map(({ run, steps, state, variables, variables_step, tasks }) => {
    const last = steps.at(-1)?.step ?? 0;
    return {
      ...{ run, state, last },
      ...(variables === null ? {} : { variables, variables_step: variables_step ?? last }),
      ...tasks,
    };
  });
  return tx.run(sql`
    with appended as (
      insert into workflow_step (workflow_execution, step, execution, decision)
      select x.run, x.step, x.execution, x.decision::jsonb
      from unnest(${steps.map((one) => one.run)}::bigint[], ${steps.map((one) => one.step)}::int[],
        ${steps.map((one) => one.execution)}::bigint[], ${steps.map((one) => stringifyJson(one.decision))}::text[])
        as x(run, step, execution, decision))
    update workflow_execution w
    set state = x.state, steps = x.last, variables = coalesce(x.variables, w.variables),
      variables_step = coalesce(x.variables_step, w.variables_step),
      current_tasks = coalesce(x.current_tasks, w.current_tasks),
      completed_tasks = coalesce(x.completed_tasks, w.completed_tasks),
      failed_tasks = coalesce(x.failed_tasks, w.failed_tasks),
      skipped_tasks = coalesce(x.skipped_tasks, w.skipped_tasks),
      updated = attune.clock()
    from jsonb_to_recordset(${jsonb(states)}) as x(run bigint, state jsonb, last int, variables jsonb, variables_step int,
      current_tasks text[], completed_tasks text[], failed_tasks text[], skipped_tasks text[])
    where w.id = x.run`);
};

/** Keeps what became known of a run while it ran. */
export const setFacts = (tx: Tx, id: Id, facts: JsonObject): Promise<number> =>
  tx.run(sql`update workflow_execution set facts = ${jsonb(facts)} where id = ${id}`);

/** Where runs stand, as it is known of their executions. */
export const setStatuses = (
  tx: Tx,
  runs: readonly { run: Id; status: ExecutionStatus; error: string | null }[],
): Promise<number> =>
  tx.run(sql`
    update workflow_execution w
    set status = x.status, error_message = coalesce(x.error, w.error_message), updated = attune.clock()
    from unnest(${runs.map((one) => one.run)}::bigint[], ${runs.map((one) => one.status)}::execution_status_enum[],
      ${runs.map((one) => one.error)}::text[]) as x(run, status, error)
    where w.id = x.run`);

export interface TaskResult {
  task_name: string;
  visit: number;
  result: Json;
  started_at: Instant | null;
}

/** The result of the last attempt of each of these (task, visit) pairs, of tasks without items. */
export const results = (tx: Tx, run: Id, wanted: readonly { task: string; visit: number }[]): Promise<TaskResult[]> =>
  tx.many<TaskResult>(sql`
    select distinct on (wanted.task, wanted.visit) wanted.task as task_name, wanted.visit::int, e.result, e.started_at
    -- as text: so every column of the index is compared, and a task that ran a thousand times is found as fast as one that ran once
    from unnest(${wanted.map((one) => one.task)}::text[], ${wanted.map((one) => String(one.visit))}::text[])
      as wanted(task, visit)
    join execution e on ${ofWorkflowExecution(run)}
      and e.workflow_task->>'task_name' = wanted.task and ${withoutItem}
      and coalesce(e.workflow_task->>'visit', '') = wanted.visit
    order by wanted.task, wanted.visit, (e.workflow_task->>'attempt')::int desc`);

/** What came of the items of a run of a task that succeeded; `index` null: of the task as one, whose items could not be told. */
export const itemResults = (
  tx: Tx,
  run: Id,
  task: string,
  visit: number,
): Promise<{ index: number | null; result: Json }[]> =>
  tx.many<{ index: number | null; result: Json }>(sql`
    select (workflow_task->>'task_index')::int as index, result from execution
    where ${ofWorkflowExecution(run)} and ${ofTask(task)} and ${ofVisit(visit)}
      and (status = 'completed' or ${withoutItem})
    order by (workflow_task->>'task_index')::int nulls first, (workflow_task->>'attempt')::int desc`);

/** The conductor's state of runs, for whoever only looks. */
export const states = (tx: Tx, ids: readonly Id[]): Promise<{ id: Id; state: JsonObject }[]> =>
  tx.many<{ id: Id; state: JsonObject }>(sql`
    select id, state from workflow_execution where id = any(${ids}::bigint[]) and state is not null and revision is not null`);

/** The pause that holds the run of an execution; undefined where there is none. */
export const pauseOf = (
  tx: Tx,
  execution: Id,
): Promise<{ paused_by: Id | null; pause_reason: string | null } | undefined> =>
  tx.maybe<{ paused_by: Id | null; pause_reason: string | null }>(sql`
    select paused_by, pause_reason from workflow_execution where execution = ${execution} and paused`);
