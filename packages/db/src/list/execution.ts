import type { ExecutionStatus, Id, Instant, Json, WorkflowTaskMetadata } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import { ofWorkflowExecution, workflowTaskFromJson } from '../workflow-task.ts';
import { page, whereGiven, type Page, type PageRequest } from './page.ts';

export interface ExecutionSummary {
  id: Id;
  action: Id | null;
  action_ref: string;
  parent: Id | null;
  enforcement: Id | null;
  rule_ref: string | null;
  trigger_ref: string | null;
  executor: Id | null;
  status: ExecutionStatus;
  workflow_task: WorkflowTaskMetadata | null;
  /** The run, where the action is a workflow. */
  workflow_execution: Id | null;
  /** Nothing starts in the run: it is paused, or one above it is. */
  paused: boolean;
  /** The question to a person that it waits with. */
  inquiry: Id | null;
  original_execution: Id | null;
  /** The execution that this one runs again. */
  rerun_of: Id | null;
  retry_count: number;
  created: Instant;
  updated: Instant;
  started_at: Instant | null;
  completed_at: Instant | null;
}

export interface ExecutionDetail extends ExecutionSummary {
  /** The parameters. */
  config: Json;
  result: Json;
  /** Runner it needs; null for a workflow. */
  runtime: string | null;
  worker: Id | null;
  worker_name: string | null;
  /** The execution whose pause holds the run: itself, or one above it. */
  paused_by: Id | null;
  pause_reason: string | null;
  timeout_seconds: number | null;
  /** Not before this instant, while it waits. */
  run_after: Instant | null;
  /** The event that led here. */
  cause: Id | null;
  revision: string | null;
  pack_revision: string | null;
  input_hash: string | null;
  result_hash: string | null;
  /** How it runs the other one again. */
  rerun: Json;
  /** Definitions of the parameters it ran with; null on rows of older systems. */
  param_schema: Json;
}

export interface ExecutionFilters {
  status?: readonly ExecutionStatus[] | undefined;
  action_ref?: string | undefined;
  parent?: Id | undefined;
  enforcement?: Id | undefined;
  rule_ref?: string | undefined;
  trigger_ref?: string | undefined;
  workflow_execution?: Id | undefined;
  rerun_of?: Id | undefined;
  /** True: only what no other execution started; false: only what one did. */
  top_level?: boolean | undefined;
}

const summary = sql`
  e.id, e.action, e.action_ref, e.parent, e.enforcement, n.rule_ref, n.trigger_ref, e.executor, e.status, e.workflow_task,
  run.id as workflow_execution, coalesce(run.paused, false) as paused,
  case when e.status = 'running' then
    (select q.id from inquiry q where q.execution = e.id and q.status = 'pending' limit 1) end as inquiry,
  e.original_execution, e.rerun_of, e.retry_count, e.created, e.updated, e.started_at, e.completed_at`;

/** The run of an execution `e`; rows of older systems may have several. */
const withRun = sql`left join lateral (
  select w.id, w.paused, w.paused_by, w.pause_reason from workflow_execution w where w.execution = e.id limit 1) run on true`;

type WithTask = { workflow_task: WorkflowTaskMetadata | null };
type Raw<R extends WithTask> = Omit<R, 'workflow_task'> & { workflow_task: Json };

const fromRaw = <R extends WithTask>(row: Raw<R>): R =>
  ({ ...row, workflow_task: workflowTaskFromJson(row.workflow_task) }) as R;

export async function executionPage(
  tx: Tx,
  filters: ExecutionFilters,
  request: PageRequest,
): Promise<Page<ExecutionSummary>> {
  const { rows, next } = await page<Raw<ExecutionSummary>>(
    tx,
    sql`select ${summary} from execution e left join enforcement n on n.id = e.enforcement ${withRun}`,
    sql`e.id`,
    [
      whereGiven(filters.status, (statuses) => sql`e.status = any(${statuses}::execution_status_enum[])`),
      whereGiven(filters.action_ref, (ref) => sql`e.action_ref = ${ref}`),
      whereGiven(filters.parent, (id) => sql`e.parent = ${id}`),
      whereGiven(filters.enforcement, (id) => sql`e.enforcement = ${id}`),
      whereGiven(filters.rule_ref, (ref) => sql`n.rule_ref = ${ref}`),
      whereGiven(filters.trigger_ref, (ref) => sql`n.trigger_ref = ${ref}`),
      whereGiven(filters.workflow_execution, ofWorkflowExecution),
      whereGiven(filters.rerun_of, (id) => sql`e.rerun_of = ${id}`),
      whereGiven(filters.top_level, (top) => (top ? sql`e.parent is null` : sql`e.parent is not null`)),
    ],
    request,
  );
  return { rows: rows.map((row) => fromRaw<ExecutionSummary>(row)), next };
}

export const findExecution = async (tx: Tx, id: Id): Promise<ExecutionDetail | undefined> =>
  (await findExecutions(tx, [id]))[0];

/** Those of these executions that there are. */
export async function findExecutions(tx: Tx, ids: readonly Id[]): Promise<ExecutionDetail[]> {
  const rows = await tx.many<Raw<ExecutionDetail>>(sql`
    select ${summary}, e.config, e.result, e.runtime, e.worker, k.name as worker_name, run.paused_by, run.pause_reason, e.timeout_seconds, e.run_after, e.cause,
      e.revision, e.pack_revision, e.input_hash, e.result_hash, e.rerun, v.definition->'parameters' as param_schema
    from execution e
    left join enforcement n on n.id = e.enforcement
    left join worker k on k.id = e.worker
    left join revision v on v.hash = e.revision
    ${withRun}
    where e.id = any(${ids}::bigint[])`);
  return rows.map((row) => fromRaw<ExecutionDetail>(row));
}

/** An execution and all below it, nearest first, each after its parent; at most `limit` rows. */
export async function executionTree(tx: Tx, root: Id, limit: number): Promise<ExecutionSummary[]> {
  const rows = await tx.many<Raw<ExecutionSummary>>(sql`
    with recursive tree as (
      select id, 0 as depth from execution where id = ${root}
      union all
      select child.id, tree.depth + 1 from tree join execution child on child.parent = tree.id)
    select ${summary}
    from (select id, depth from tree order by depth, id limit ${limit}) as t
    join execution e on e.id = t.id
    left join enforcement n on n.id = e.enforcement
    ${withRun}
    order by t.depth, e.id`);
  return rows.map((row) => fromRaw<ExecutionSummary>(row));
}
