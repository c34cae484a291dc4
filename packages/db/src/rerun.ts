import type { ExecutionStatus, Id, Json, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import { ofWorkflowExecution } from './workflow-task.ts';

// What a re-run looks up in the record of the run that it runs again.

/** A run of a task, or an item of it, whose record is looked for. */
export interface WantedRun {
  /** Comes back with the row. */
  number: number;
  task: string;
  visit: number;
  item: number | null;
}

/** The last attempt of it. */
export interface RecordedTask {
  number: number;
  id: Id;
  status: ExecutionStatus;
  action: Id | null;
  action_ref: string;
  workflow_def: Id | null;
  runtime: string | null;
  revision: string | null;
  pack_revision: string | null;
  input_hash: string | null;
  config: JsonObject | null;
  visit: number;
  position: Record<string, number> | null;
  /** The execution that really ran, where this one took its result over. */
  reused_from: Id | null;
}

export const recorded = (tx: Tx, run: Id, wanted: readonly WantedRun[]): Promise<RecordedTask[]> =>
  tx.many<RecordedTask>(sql`
    select distinct on (x.number) x.number, e.id, e.status, e.action, e.action_ref, e.workflow_def, e.runtime, e.revision,
      e.pack_revision, e.input_hash, e.config, (e.workflow_task->>'visit')::int as visit,
      e.workflow_task->'position' as position, (e.workflow_task->>'reused_from')::bigint as reused_from
    from unnest(${wanted.map((one) => one.number)}::int[], ${wanted.map((one) => one.task)}::text[],
      ${wanted.map((one) => String(one.visit))}::text[], ${wanted.map((one) => String(one.item ?? ''))}::text[])
      as x(number, task, visit, item)
    join execution e on ${ofWorkflowExecution(run)} and e.workflow_task->>'task_name' = x.task
      and coalesce(e.workflow_task->>'task_index', '') = x.item and coalesce(e.workflow_task->>'visit', '') = x.visit
    order by x.number, (e.workflow_task->>'attempt')::int desc`);

/** The visits at which tasks stood at these positions; a task runs once for each. */
export const visitsAt = (
  tx: Tx,
  run: Id,
  wanted: readonly { number: number; task: string; position: Readonly<Record<string, number>> }[],
): Promise<{ number: number; visit: number }[]> =>
  tx.many<{ number: number; visit: number }>(sql`
    select distinct x.number, (e.workflow_task->>'visit')::int as visit
    from jsonb_to_recordset(${jsonb(wanted as unknown as Json)}) as x(number int, task text, position jsonb)
    join execution e on ${ofWorkflowExecution(run)} and e.workflow_task->>'task_name' = x.task
      and e.workflow_task->'position' = x.position`);

/** How the runs of tasks ended: of each its position, and whether all its last attempts completed. */
export const endsOf = (
  tx: Tx,
  run: Id,
  task: string | null,
): Promise<{ task: string; visit: number; position: Record<string, number>; completed: boolean }[]> =>
  tx.many<{ task: string; visit: number; position: Record<string, number>; completed: boolean }>(sql`
    select task, visit, position, bool_and(status = 'completed') as completed
    from (
      select distinct on (e.workflow_task->>'task_name', e.workflow_task->>'visit', e.workflow_task->>'task_index')
        e.workflow_task->>'task_name' as task, (e.workflow_task->>'visit')::int as visit,
        coalesce(e.workflow_task->'position', '{}') as position, e.status
      from execution e
      where ${ofWorkflowExecution(run)} and e.workflow_task->>'visit' is not null
        and (${task}::text is null or e.workflow_task->>'task_name' = ${task}::text)
      order by e.workflow_task->>'task_name', e.workflow_task->>'visit', e.workflow_task->>'task_index',
        (e.workflow_task->>'attempt')::int desc) last
    group by task, visit, position
    order by task, visit`);

/** Those of these runs of tasks whose end was handled: a fired transition named a target, and none the target `fail`. */
export const handled = (
  tx: Tx,
  run: Id,
  runs: readonly { task: string; visit: number }[],
): Promise<{ task: string; visit: number }[]> =>
  tx.many<{ task: string; visit: number }>(sql`
    select x.task, x.visit
    from unnest(${runs.map((one) => one.task)}::text[], ${runs.map((one) => one.visit)}::int[]) as x(task, visit)
    join workflow_step s on s.workflow_execution = ${run} and s.decision->'finished'->>'task' = x.task
      and (s.decision->'finished'->>'visit')::int = x.visit
    cross join jsonb_array_elements(s.decision->'targets') as t(target)
    where t.target->'by'->>'task' = x.task and (t.target->'by'->>'visit')::int = x.visit
    group by x.task, x.visit
    having bool_and(t.target->>'fate' <> 'fail')`);

/** What executions came to. */
export const resultsOf = (
  tx: Tx,
  ids: readonly Id[],
): Promise<{ id: Id; status: ExecutionStatus; result: Json; result_hash: string | null }[]> =>
  tx.many<{ id: Id; status: ExecutionStatus; result: Json; result_hash: string | null }>(sql`
    select id, status, result, result_hash from execution where id = any(${ids}::bigint[])`);

/** Notes how an execution runs another one again. */
export const keep = (tx: Tx, id: Id, rerun: JsonObject): Promise<number> =>
  tx.run(sql`update execution set rerun = ${jsonb(rerun)}, updated = attune.clock() where id = ${id}`);
