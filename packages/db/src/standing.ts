import type { ExecutionStatus, Id, Instant, Json, WorkflowTaskMetadata } from '@attune/core';
import { sql, type Tx } from './database.ts';
import { serviceDeadAfterSeconds } from './service.ts';
import { awaitingRetry, workflowTaskFromJson } from './workflow-task.ts';

/** What an execution's row, and the rows around it, say about where it stands; read in one statement, at one moment. */
export interface StandingRow {
  id: Id;
  status: ExecutionStatus;
  has_revision: boolean;
  is_workflow: boolean;
  runtime: string | null;
  run_after: Instant | null;
  is_due: boolean;
  lease_until: Instant | null;
  has_lease_run_out: boolean;
  worker: string | null;
  workflow_task: WorkflowTaskMetadata | null;
  parent: Id | null;
  parent_status: ExecutionStatus | null;
  /** When its next attempt is due, where the row says that there may be one. */
  next_retry_at: Instant | null;
  is_retry_due: boolean;
  /** Whether its action is registered here: what the retry of a row of an older system waits for. */
  has_action: boolean;
  /** Of its children's attempts that wait for a successor, the one that is due first. */
  child_retry: { execution: Id; at: Instant; is_due: boolean } | null;
  is_held: boolean;
  paused: { execution: Id; workflow_execution: Id; pause_reason: string | null } | null;
  inquiry: { id: Id; assigned_to: Id | null; timeout_at: Instant | null } | null;
  children: { count: number; first: Id[] };
  ahead: number;
}

/** Whether an execution `e` does not start, or is not started again, before its run is resumed. */
export const isHeld = sql<boolean>`
  (e.held or exists (select from paused_end t where t.execution = e.id and t.restarts))`;

type Row = Omit<StandingRow, 'workflow_task'> & { workflow_task: Json };

/** Counting what is due before an execution ends here. */
export const mostCountedAhead = 10_000;

/** Where executions stand, by id.
 *  @param mostNamed living children to be named. */
export async function rowsOf(tx: Tx, ids: readonly Id[], mostNamed: number): Promise<Map<Id, StandingRow>> {
  const rows = await tx.many<Row>(sql`
    select e.id, e.status, e.revision is not null as has_revision,
      e.workflow_def is not null or exists (select from workflow_execution w where w.execution = e.id) as is_workflow,
      e.runtime, e.run_after, coalesce(e.run_after <= attune.clock(), false) as is_due, e.lease_until,
      coalesce(e.lease_until < attune.clock(), false) as has_lease_run_out, k.name as worker, e.workflow_task, e.parent,
      p.status as parent_status, own.at as next_retry_at, coalesce(own.at <= attune.clock(), false) as is_retry_due,
      e.revision is not null or exists (
        select from action a where a.ref = e.action_ref and a.revision is not null and a.removed_at is null) as has_action,
      ${isHeld} as is_held,
      child.retry as child_retry, paused.run as paused, asked.inquiry, living.children, before.ahead
    from execution e
    left join worker k on k.id = e.worker
    left join execution p on p.id = e.parent
    left join lateral (
      select (r.workflow_task->>'next_retry_at')::timestamptz as at from execution r
      where r.id = e.id and ${awaitingRetry}) own on true
    left join lateral (
      select jsonb_build_object('execution', c.id::text, 'at', attune.instant((c.workflow_task->>'next_retry_at')::timestamptz),
        'is_due', (c.workflow_task->>'next_retry_at')::timestamptz <= attune.clock()) as retry
      from execution c
      where c.parent = e.id and c.status in ('failed', 'timeout', 'abandoned') and ${awaitingRetry}
      order by (c.workflow_task->>'next_retry_at')::timestamptz, c.id limit 1) child on true
    left join lateral (
      select jsonb_build_object('execution', coalesce(w.paused_by, w.execution)::text, 'workflow_execution', w.id::text,
        'pause_reason', w.pause_reason) as run
      from workflow_execution w
      where w.execution in (e.id, e.parent) and w.paused
      order by w.execution = e.id desc limit 1) paused on true
    left join lateral (
      select jsonb_build_object('id', q.id::text, 'assigned_to', q.assigned_to::text,
        'timeout_at', attune.instant(q.timeout_at)) as inquiry
      from inquiry q where q.execution = e.id and q.status = 'pending' order by q.id limit 1) asked on true
    cross join lateral (
      select jsonb_build_object('count', count(*), 'first', coalesce(jsonb_agg(c.id::text order by c.id)
        filter (where c.place <= ${mostNamed}), '[]')) as children
      from (select c.id, row_number() over (order by c.id) as place from execution c
        where c.parent = e.id and c.status in ('requested', 'scheduling', 'scheduled', 'running', 'canceling')) c) living
    cross join lateral (
      select count(*)::int as ahead from (
        select from execution o
        where e.status = 'scheduled' and o.status = 'scheduled' and o.revision is not null and o.run_after <= attune.clock()
          and o.runtime = e.runtime and (o.run_after, o.id) < (e.run_after, e.id)
        limit ${mostCountedAhead}) o) before
    where e.id = any(${ids}::bigint[])`);
  return new Map(rows.map((row) => [row.id, { ...row, workflow_task: workflowTaskFromJson(row.workflow_task) }]));
}

export interface LivingServices {
  workers: { name: string; runtimes: string[] }[];
  executors: number;
  supervisors: number;
}

/** What is alive to move executions: services and workers that sent a heartbeat of late. */
export const livingServices = (tx: Tx): Promise<LivingServices> =>
  tx.one<LivingServices>(sql`
    select
      (select coalesce(jsonb_agg(jsonb_build_object('name', k.name, 'runtimes', k.runtimes) order by k.name), '[]')
        from worker k
        where k.status = 'active' and k.last_heartbeat > attune.clock() - make_interval(secs => ${serviceDeadAfterSeconds})) as workers,
      (select count(*)::int from service s where s.service = 'executor'
        and s.heartbeat_at > attune.clock() - make_interval(secs => ${serviceDeadAfterSeconds})) as executors,
      (select count(*)::int from service s where s.service = 'supervisor'
        and s.heartbeat_at > attune.clock() - make_interval(secs => ${serviceDeadAfterSeconds})) as supervisors`);
