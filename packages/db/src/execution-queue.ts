import {
  finalStatuses,
  pairsOf,
  type ExecutionStatus,
  type Id,
  type Json,
  type JsonObject,
  type Move,
  type WorkflowTaskMetadata,
} from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import { columns, fromRow, type EngineExecution, type Row } from './engine-execution.ts';
import { awaitingRetry, endedTask, retryDue as isRetryDue, workflowTaskToJson } from './workflow-task.ts';

/** Seconds a claim holds without a heartbeat. Several missed heartbeats of 5 s: a short stall must not look like a death. */
export const leaseSeconds = 20;

export interface NewExecution {
  action: Id | null;
  action_ref: string;
  config: JsonObject | null;
  parent: Id | null;
  enforcement: Id | null;
  executor: Id | null;
  /** The furthest state that is already true. */
  status: ExecutionStatus;
  result: Json;
  result_hash: string | null;
  workflow_task: WorkflowTaskMetadata | null;
  workflow_def: Id | null;
  runtime: string | null;
  revision: string | null;
  pack_revision: string | null;
  input_hash: string | null;
  timeout_seconds: number | null;
  original_execution: Id | null;
  retry_count: number;
  /** Seconds from now before which no worker may start it. */
  delay_seconds: number;
  /** The event that led here, for an execution of a rule. */
  cause: Id | null;
  rerun_of: Id | null;
  rerun: JsonObject | null;
}

/** Inserts executions in one statement and returns them in the order given. */
export async function insertMany(tx: Tx, executions: readonly NewExecution[]): Promise<EngineExecution[]> {
  if (executions.length === 0) return [];
  const input = executions.map((execution) => ({
    ...execution,
    workflow_task: workflowTaskToJson(execution.workflow_task),
  }));
  const rows = await tx.many<Row>(sql`
    insert into execution as e (action, action_ref, config, parent, enforcement, executor, status, result, workflow_task,
      workflow_def, runtime, revision, pack_revision, input_hash, timeout_seconds, original_execution, retry_count, cause,
      rerun_of, rerun, result_hash, run_after, started_at, completed_at)
    select x.action, x.action_ref, nullif(x.config, 'null'), x.parent, x.enforcement, x.executor, x.status,
      nullif(x.result, 'null'), nullif(x.workflow_task, 'null'), x.workflow_def, x.runtime, x.revision, x.pack_revision,
      x.input_hash, x.timeout_seconds, x.original_execution, x.retry_count, x.cause, x.rerun_of, nullif(x.rerun, 'null'),
      x.result_hash,
      attune.clock() + make_interval(secs => x.delay_seconds),
      case when x.status = 'running' then attune.clock() end,
      case when x.status = any(${finalStatuses}::execution_status_enum[]) then attune.clock() end
    from jsonb_to_recordset(${jsonb(input)}) as x(action bigint, action_ref text, config jsonb, parent bigint,
      enforcement bigint, executor bigint, status execution_status_enum, result jsonb, workflow_task jsonb,
      workflow_def bigint, runtime text, revision text, pack_revision text, input_hash text, timeout_seconds integer,
      original_execution bigint, retry_count integer, cause bigint, rerun_of bigint, rerun jsonb,
      result_hash text, delay_seconds double precision)
    returning ${columns}`);
  return rows.map(fromRow);
}

export interface ClaimRow {
  id: Id;
  lease_token: string;
  action_ref: string;
  runtime: string;
  revision: string;
  pack_revision: string;
  config: JsonObject | null;
  definition: JsonObject;
  timeout_seconds: number | null;
  attempt: number;
  rule_ref: string | null;
  trigger_ref: string | null;
}

/** Takes up to `limit` due executions that the worker can run, earliest first; none is taken twice. The claim outlives this
 *  transaction as a lease: rescue acts when it is no longer renewed. */
export const claimScheduled = (tx: Tx, worker: Id, runtimes: readonly string[], limit: number): Promise<ClaimRow[]> =>
  tx.many<ClaimRow>(sql`
    -- a CTE, not a subquery: the planner may loop over a subquery and update more rows than LIMIT
    with due as (
      select id from execution
      where status = 'scheduled' and revision is not null and run_after <= attune.clock() and runtime = any(${runtimes}::text[])
      order by run_after, id
      limit ${limit}
      for update skip locked),
    claimed as (
      update execution e
      set status = 'running', worker = ${worker}, lease_token = gen_random_uuid(),
        lease_until = attune.clock() + make_interval(secs => ${leaseSeconds}), started_at = attune.clock(), updated = attune.clock()
      from due where e.id = due.id
      returning e.*)
    select c.id, c.lease_token, c.action_ref, c.runtime, c.revision, c.pack_revision, c.config, v.definition,
      c.timeout_seconds, coalesce((c.workflow_task->>'attempt')::int, c.retry_count + 1) as attempt,
      n.rule_ref, n.trigger_ref
    from claimed c
    join revision v on v.hash = c.revision
    left join enforcement n on n.id = c.enforcement
    order by c.run_after, c.id`);

/** When the next execution for these runtimes becomes due; null where none waits. */
export const nextDue = async (tx: Tx, runtimes: readonly string[]): Promise<number | null> => {
  const row = await tx.maybe<{ seconds: number }>(sql`
    select extract(epoch from run_after - attune.clock())::float8 as seconds from execution
    where status = 'scheduled' and revision is not null and run_after > attune.clock() and runtime = any(${runtimes}::text[])
    order by run_after limit 1`);
  return row?.seconds ?? null;
};

export interface Lease {
  execution: Id;
  lease_token: string;
}

/** Gives a claim back that was not started; that of a paused run waits for it. */
export const handBack = (tx: Tx, lease: Lease, held: boolean): Promise<number> =>
  tx.run(sql`
    update execution set status = ${held ? 'requested' : 'scheduled'}::execution_status_enum, held = ${held}, worker = null, lease_token = null, lease_until = null, started_at = null,
      updated = attune.clock()
    where id = ${lease.execution} and lease_token = ${lease.lease_token} and status = 'running'`);

export const find = async (tx: Tx, id: Id): Promise<EngineExecution | undefined> => {
  const row = await tx.maybe<Row>(sql`select ${columns} from execution e where e.id = ${id}`);
  return row && fromRow(row);
};

export const lock = async (tx: Tx, id: Id): Promise<EngineExecution | undefined> => {
  const row = await tx.maybe<Row>(sql`select ${columns} from execution e where e.id = ${id} for update`);
  return row && fromRow(row);
};

/** The parameters of an execution. */
export const configOf = async (tx: Tx, id: Id): Promise<JsonObject | null> =>
  (await tx.maybe<{ config: JsonObject | null }>(sql`select config from execution where id = ${id}`))?.config ?? null;

export interface Ending {
  move: Move;
  result: Json;
  result_hash: string;
  timed_out: boolean;
}

/** Ends an execution along the machine: the one place that writes a final status, its result and the final task metadata. With a
 *  lease token only that attempt may end it. An empty answer means that someone moved it first. */
export async function end(
  tx: Tx,
  id: Id,
  ending: Ending,
  leaseToken: string | null,
): Promise<EngineExecution | undefined> {
  const pairs = pairsOf(ending.move);
  const row = await tx.maybe<Row>(sql`
    update execution e
    set status = m.next, result = ${jsonb(ending.result)}, result_hash = ${ending.result_hash}, completed_at = attune.clock(),
      lease_until = null, held = false, updated = attune.clock(), workflow_task = ${endedTask(ending.timed_out)}
    from unnest(${pairs.map((pair) => pair.was)}::execution_status_enum[],
      ${pairs.map((pair) => pair.next)}::execution_status_enum[]) as m(was, next)
    where e.id = ${id} and e.status = m.was and (${leaseToken}::uuid is null or e.lease_token = ${leaseToken}::uuid)
    returning ${columns}`);
  return row && fromRow(row);
}

/** Moves an execution that stays alive (admit, cancel of a running one). An empty answer means that someone moved it first. */
export async function move(tx: Tx, id: Id, name: Move): Promise<EngineExecution | undefined> {
  const pairs = pairsOf(name);
  const row = await tx.maybe<Row>(sql`
    update execution e set status = m.next, updated = attune.clock(),
      run_after = coalesce(e.run_after, attune.clock()),
      started_at = case when m.next = 'running' then coalesce(e.started_at, attune.clock()) else e.started_at end
    from unnest(${pairs.map((pair) => pair.was)}::execution_status_enum[],
      ${pairs.map((pair) => pair.next)}::execution_status_enum[]) as m(was, next)
    where e.id = ${id} and e.status = m.was
    returning ${columns}`);
  return row && fromRow(row);
}

const waitsForAdmission = sql<boolean>`e.status in ('requested', 'scheduling') and e.revision is not null and not e.held`;

/** Admits up to `limit` executions that need a worker, oldest first; rows that another executor holds are passed over. One that is
 *  delayed is admitted too: its claim waits. */
export const admitWaiting = (tx: Tx, limit: number): Promise<number> => {
  const pairs = pairsOf('admit');
  return tx.run(sql`
    with waiting as (
      select e.id from execution e where ${waitsForAdmission} and e.runtime is not null
      order by e.id limit ${limit} for update skip locked)
    update execution e
    set status = m.next, run_after = coalesce(e.run_after, attune.clock()), updated = attune.clock()
    from waiting, unnest(${pairs.map((pair) => pair.was)}::execution_status_enum[],
      ${pairs.map((pair) => pair.next)}::execution_status_enum[]) as m(was, next)
    where e.id = waiting.id and e.status = m.was`);
};

/** Executions that wait for admission, need no worker (workflows and questions) and are due. Ids only; each begins in a transaction
 *  of its own. */
export const beginDue = (tx: Tx, limit: number): Promise<{ id: Id }[]> =>
  tx.many<{ id: Id }>(sql`
    select e.id from execution e
    where ${waitsForAdmission} and e.runtime is null and coalesce(e.run_after, attune.clock()) <= attune.clock()
    order by e.id limit ${limit}`);

/** Seconds until the next of them is due; null where none waits. */
export const nextBeginSeconds = async (tx: Tx): Promise<number | null> => {
  const row = await tx.maybe<{ seconds: number | null }>(sql`
    select extract(epoch from min(e.run_after) - attune.clock())::float8 as seconds from execution e
    where ${waitsForAdmission} and e.runtime is null`);
  return row?.seconds ?? null;
};

/** Failed attempts whose next one is due: the founding document's query, oldest first. */
export const retryDue = (tx: Tx, limit: number): Promise<{ id: Id }[]> =>
  tx.many<{ id: Id }>(sql`
    select id from execution e where ${isRetryDue} and not held and ${isKnownAction} order by id limit ${limit}`);

/** A row of an older system names no revision: its retry waits until its action is registered here. */
const isKnownAction = sql<boolean>`(e.revision is not null
  or exists (select from action a where a.ref = e.action_ref and a.revision is not null and a.removed_at is null))`;

/** Seconds until the next retry is due; null where none waits. */
export const nextRetrySeconds = async (tx: Tx): Promise<number | null> => {
  const row = await tx.maybe<{ seconds: number | null }>(sql`
    select extract(epoch from min((workflow_task->>'next_retry_at')::timestamptz) - attune.clock())::float8 as seconds
    from execution e
    where ${awaitingRetry} and not held and ${isKnownAction} and isfinite((workflow_task->>'next_retry_at')::timestamptz)`);
  return row?.seconds ?? null;
};

/** Marks a failed attempt as one that will be retried. */
export const setNextRetry = (tx: Tx, id: Id, delaySeconds: number): Promise<number> =>
  tx.run(sql`
    update execution
    set workflow_task = workflow_task || jsonb_build_object('next_retry_at',
      attune.instant(attune.clock() + make_interval(secs => ${delaySeconds}))), updated = attune.clock()
    where id = ${id}`);

/** Takes the retry of an attempt: clears `next_retry_at`, so that no second successor is made. */
export const takeRetry = (tx: Tx, id: Id): Promise<number> =>
  tx.run(sql`
    update execution
    set workflow_task = workflow_task || '{"next_retry_at": null}', updated = attune.clock()
    where id = ${id} and workflow_task->>'next_retry_at' is not null`);

/** Whether an execution has children that are not final. */
export const hasLivingChild = async (tx: Tx, parent: Id): Promise<boolean> =>
  (
    await tx.one<{ living: boolean }>(sql`
    select exists (select from execution where parent = ${parent}
      and status in ('requested', 'scheduling', 'scheduled', 'running', 'canceling')) as living`)
  ).living;

/** Ends the lease of an attempt that waits for a person from now on. It stays `running`, so nobody renews, rescues or claims it; its
 *  worker and token stay for whoever asks who ran it, and to know a repeated report. An empty answer means that it is not the
 *  attempt's any more. */
export async function giveUpLease(tx: Tx, lease: Lease): Promise<EngineExecution | undefined> {
  const row = await tx.maybe<Row>(sql`
    update execution e set lease_until = null, updated = attune.clock()
    where e.id = ${lease.execution} and e.lease_token = ${lease.lease_token} and e.status = 'running'
      and e.lease_until is not null
    returning ${columns}`);
  return row && fromRow(row);
}

/** Workflow runs past their time limit. */
export const workflowsPastDeadline = (tx: Tx, limit: number): Promise<{ id: Id }[]> =>
  tx.many<{ id: Id }>(sql`
    select id from execution
    where status = 'running' and workflow_def is not null and timeout_seconds is not null
      and started_at + make_interval(secs => timeout_seconds) <= attune.clock()
    order by started_at limit ${limit}`);

/** Keeps a report that was refused because its attempt no longer owns the execution. */
export const keepLateReport = (tx: Tx, lease: Lease, outcome: JsonObject): Promise<number> =>
  tx.run(sql`
    insert into execution_late_report (execution, lease_token, outcome)
    select id, ${lease.lease_token}, ${jsonb(outcome)} from execution where id = ${lease.execution}`);

/** Rows of one execution: its first attempt and all that followed. */
export const attemptsOf = async (tx: Tx, execution: EngineExecution): Promise<number> => {
  const first = execution.original_execution ?? execution.id;
  const { count } = await tx.one<{ count: number }>(sql`
    select count(*)::int as count from execution where id = ${first} or original_execution = ${first}`);
  return count;
};
