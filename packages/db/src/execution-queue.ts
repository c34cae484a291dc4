import {
  finalStatuses,
  pairsOf,
  stringifyJson,
  type ExecutionStatus,
  type Id,
  type Instant,
  type Json,
  type JsonObject,
  type Move,
  type WorkflowTaskMetadata,
} from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import { columns, fromRow, type EngineExecution, type Row } from './engine-execution.ts';
import { isReady, type Taking } from './ready.ts';
import { endedTask, retryDue as isRetryDue, workflowTaskToJson } from './workflow-task.ts';

/** Seconds a claim holds without a heartbeat. Several missed heartbeats of 5 s: a short stall must not look like a death. */
export const leaseSeconds = 20;

export interface NewExecution {
  /** One from `newIds`; all that are inserted together have one, or none has. @default the next one */
  given_id?: Id;
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
  /** The worker that takes it as it is made, with a lease of its own; its status is `running` then. @default none */
  worker?: Id | null;
}

/** Inserts executions in one statement and returns them in the order given. */
export async function insertMany(tx: Tx, executions: readonly NewExecution[]): Promise<EngineExecution[]> {
  if (executions.length === 0) return [];
  const input = executions.map((execution) => ({
    ...execution,
    workflow_task: workflowTaskToJson(execution.workflow_task),
  }));
  const hasId = executions[0]?.given_id !== undefined;
  const rows = await tx.many<Row>(sql`
    insert into execution as e (${sql.raw(hasId ? 'id, ' : '')}action, action_ref, config, parent, enforcement, executor, status, result, workflow_task,
      workflow_def, runtime, revision, pack_revision, input_hash, timeout_seconds, original_execution, retry_count, cause,
      rerun_of, rerun, result_hash, worker, lease_token, lease_until, run_after, started_at, completed_at)
    select ${sql.raw(hasId ? 'x.given_id, ' : '')}x.action, x.action_ref, nullif(x.config, 'null'), x.parent, x.enforcement, x.executor, x.status,
      nullif(x.result, 'null'), nullif(x.workflow_task, 'null'), x.workflow_def, x.runtime, x.revision, x.pack_revision,
      x.input_hash, x.timeout_seconds, x.original_execution, x.retry_count, x.cause, x.rerun_of, nullif(x.rerun, 'null'),
      x.result_hash, x.worker, case when x.worker is not null then gen_random_uuid() end,
      case when x.worker is not null then attune.clock() + make_interval(secs => ${leaseSeconds}) end,
      attune.clock() + make_interval(secs => x.delay_seconds),
      case when x.status = 'running' then attune.clock() end,
      case when x.status = any(${finalStatuses}::execution_status_enum[]) then attune.clock() end
    from jsonb_to_recordset(${jsonb(input)}) as x(given_id bigint, action bigint, action_ref text, config jsonb, parent bigint,
      enforcement bigint, executor bigint, status execution_status_enum, result jsonb, workflow_task jsonb,
      workflow_def bigint, runtime text, revision text, pack_revision text, input_hash text, timeout_seconds integer,
      original_execution bigint, retry_count integer, cause bigint, rerun_of bigint, rerun jsonb,
      result_hash text, worker bigint, delay_seconds double precision)
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
  timeout_seconds: number | null;
  attempt: number;
  /** The run that it is a task of. */
  workflow_execution: Id | null;
  rule_ref: string | null;
  trigger_ref: string | null;
  run_after: Instant;
}

/** Takes due executions for a worker, earliest first within a runtime; none is taken twice. The claim outlives the statement as a lease:
 *  rescue acts when it is no longer renewed.
 *  @param limit most that are taken of all runtimes together */
export const claimScheduled = async (
  tx: Tx,
  worker: Id,
  takings: readonly Taking[],
  limit: number,
): Promise<ClaimRow[]> => {
  if (takings.length === 0) return [];
  return tx.many<ClaimRow>(sql`
    -- a CTE, not a subquery: the planner may loop over a subquery and update more rows than LIMIT
    with due as (
      select e.id from unnest(${takings.map((one) => one.runtime)}::text[],
          ${takings.map(({ after }) => after?.run_after ?? '-infinity')}::timestamptz[],
          ${takings.map(({ after }) => after?.id ?? '0')}::bigint[]) as x(runtime, run_after, id)
      cross join lateral (
        select id from execution where ${isReady(sql`x.runtime`, sql`x.run_after`, sql`x.id`)}
        order by run_after, id for update skip locked) e
      limit ${limit}::bigint),
    claimed as (
      update execution e
      set status = 'running', worker = ${worker}, lease_token = gen_random_uuid(),
        lease_until = attune.clock() + make_interval(secs => ${leaseSeconds}), started_at = attune.clock(), updated = attune.clock()
      from due where e.id = due.id
      returning e.*)
    select c.id, c.lease_token, c.action_ref, c.runtime, c.revision, c.pack_revision, c.config, c.timeout_seconds,
      coalesce((c.workflow_task->>'attempt')::int, c.retry_count + 1) as attempt,
      c.workflow_task->>'workflow_execution' as workflow_execution, n.rule_ref, n.trigger_ref, c.run_after
    from claimed c
    left join enforcement n on n.id = c.enforcement
    order by c.run_after, c.id`);
};

/** Seconds until the next execution of these runtimes becomes due; null where none waits. */
export const nextDue = async (tx: Tx, runtimes: readonly string[]): Promise<number | null> => {
  const row = await tx.maybe<{ seconds: number | null }>(sql`
    select extract(epoch from min(next.run_after) - attune.clock())::float8 as seconds
    from unnest(${runtimes}::text[]) as wanted(runtime)
    cross join lateral (
      select e.run_after from execution e
      where e.status = 'scheduled' and e.revision is not null and e.runtime = wanted.runtime and e.run_after > attune.clock()
      order by e.run_after limit 1) next`);
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
  /** The first of these moves that leads on from the present status is made. */
  moves: readonly Move[];
  result: Json;
  result_hash: string;
  timed_out: boolean;
}

/** The end of one execution. With a lease token only that attempt may end it. */
export interface EndOf extends Ending {
  id: Id;
  lease_token: string | null;
}

/** Whether an execution `e` has the status that a move `m` begins at; in words that no index serves, so that rows are found by their ids: by
 *  status every running one would be walked over for each id. */
const isStill = sql<boolean>`e.status is not distinct from m.was`;

/** Ends executions along the machine: the one place that writes a final status, its result and the final task metadata. What is missing
 *  from the answer was moved by somebody else first. The rows are locked in the order of their ids, as whoever takes many does, so that
 *  two of them cannot wait for each other. */
export async function endMany(tx: Tx, ends: readonly EndOf[]): Promise<EngineExecution[]> {
  if (ends.length === 0) return [];
  const kinds = [...new Set(ends.map(kindOf))];
  const pairs = kinds.flatMap((kind) => pairsOfAll(kind.split(' ') as Move[]).map((pair) => ({ kind, ...pair })));
  const rows = await tx.many<Row>(sql`
    with x as materialized (
      select e.id, x.token, x.kind, x.result, x.hash, x.timed_out
      from unnest(${ends.map((one) => one.id)}::bigint[], ${ends.map((one) => one.lease_token)}::uuid[],
        ${ends.map(kindOf)}::text[], ${ends.map((one) => (one.result === null ? null : stringifyJson(one.result)))}::jsonb[],
        ${ends.map((one) => one.result_hash)}::text[], ${ends.map((one) => one.timed_out)}::boolean[])
        as x(id, token, kind, result, hash, timed_out)
      join execution e on e.id = x.id
      order by e.id for no key update of e)
    update execution e
    set status = m.next, result = x.result, result_hash = x.hash, completed_at = attune.clock(),
      lease_until = null, held = false, updated = attune.clock(), workflow_task = ${endedTask(sql<boolean>`x.timed_out`)}
    from x, unnest(${pairs.map((pair) => pair.kind)}::text[], ${pairs.map((pair) => pair.was)}::execution_status_enum[],
      ${pairs.map((pair) => pair.next)}::execution_status_enum[]) as m(kind, was, next)
    where e.id = x.id and m.kind = x.kind and ${isStill} and (x.token is null or e.lease_token = x.token)
    returning ${columns}`);
  return rows.map(fromRow);
}

/** The same of one. @returns undefined: someone moved it first */
export const end = async (
  tx: Tx,
  id: Id,
  { move, ...ending }: Omit<Ending, 'moves'> & { move: Move },
  leaseToken: string | null,
): Promise<EngineExecution | undefined> =>
  (await endMany(tx, [{ ...ending, id, moves: [move], lease_token: leaseToken }]))[0];

const kindOf = ({ moves }: Ending): string => moves.join(' ');

/** One way on from each status. */
function pairsOfAll(moves: readonly Move[]): ReturnType<typeof pairsOf> {
  const byStatus = new Map<ExecutionStatus, ReturnType<typeof pairsOf>[number]>();
  for (const move of moves) for (const pair of pairsOf(move)) if (!byStatus.has(pair.was)) byStatus.set(pair.was, pair);
  return [...byStatus.values()];
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

/** Executions `e` that are to be admitted, due or not. */
export const waitsForAdmission = sql<boolean>`e.status in ('requested', 'scheduling') and e.revision is not null and not e.held`;

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
    where e.id = waiting.id and ${isStill}`);
};

/** Executions that wait for admission, need no worker (workflows and questions) and are due. Ids only; each begins in a transaction
 *  of its own. */
export const beginDue = (tx: Tx, limit: number, after: Id): Promise<{ id: Id }[]> =>
  tx.many<{ id: Id }>(sql`
    select e.id from execution e
    where ${waitsForAdmission} and e.runtime is null and coalesce(e.run_after, attune.clock()) <= attune.clock()
      and e.id > ${after}
    order by e.id limit ${limit}`);

/** Failed attempts whose next one is due: the founding document's query, oldest first. */
export const retryDue = (tx: Tx, limit: number, after: Id): Promise<{ id: Id }[]> =>
  tx.many<{ id: Id }>(sql`
    select id from execution e where ${isRetryDue} and not held and ${isKnownAction} and id > ${after}
    order by id limit ${limit}`);

/** A row of an older system names no revision: its retry waits until its action is registered here. */
export const isKnownAction = sql<boolean>`(e.revision is not null
  or exists (select from action a where a.ref = e.action_ref and a.revision is not null and a.removed_at is null))`;

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
export const workflowsPastDeadline = (tx: Tx, limit: number, after: Id): Promise<{ id: Id }[]> =>
  tx.many<{ id: Id }>(sql`
    select id from execution
    where status = 'running' and workflow_def is not null and timeout_seconds is not null
      and started_at + make_interval(secs => timeout_seconds) <= attune.clock() and id > ${after}
    order by id limit ${limit}`);

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
