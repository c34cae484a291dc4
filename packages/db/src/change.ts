import type { ExecutionStatus, Id, Instant, Json } from '@attune/core';
import { sql, type Tx } from './database.ts';
import type { InquiryStatus } from './inquiry.ts';

/** What a subscriber is told of an execution: never its parameters or result, which it asks the API for. */
export interface ExecutionChange {
  id: Id;
  action_ref: string;
  status: ExecutionStatus;
  parent: Id | null;
  enforcement: Id | null;
  workflow_task: Json;
  /** Nothing starts in its run. */
  paused: boolean;
  /** The question to a person that it waits with. */
  inquiry: Id | null;
  started_at: Instant | null;
  created: Instant;
  updated: Instant;
}

const executionColumns = sql.raw(`e.id, e.action_ref, e.status, e.parent, e.enforcement, e.workflow_task,
  e.workflow_def is not null and exists (select from workflow_execution w where w.execution = e.id and w.paused) as paused,
  case when e.status = 'running' and e.lease_until is null and e.workflow_def is null then
    (select q.id from inquiry q where q.execution = e.id and q.status = 'pending' limit 1) end as inquiry,
  e.started_at, e.created, e.updated`);

/** The executions of these ids and their children, as they are now. */
export const executionsAround = (tx: Tx, ids: readonly Id[]): Promise<ExecutionChange[]> =>
  tx.many<ExecutionChange>(sql`
    select ${executionColumns} from execution e where e.id = any(${ids}::bigint[])
    union all
    select ${executionColumns} from execution e where e.parent = any(${ids}::bigint[])
    order by id`);

export interface NewRow {
  id: Id;
  ref: string;
  created: Instant;
}

/** Rows of a kind that were inserted after `id`, oldest first. */
export const newExecutions = (tx: Tx, after: Id, limit: number): Promise<ExecutionChange[]> =>
  tx.many<ExecutionChange>(sql`
    select ${executionColumns} from execution e where e.id > ${after} order by e.id limit ${limit}`);

export const newEvents = (tx: Tx, after: Id, limit: number): Promise<NewRow[]> =>
  tx.many<NewRow>(sql`
    select id, trigger_ref as ref, created from event where id > ${after} order by id limit ${limit}`);

export const newEnforcements = (tx: Tx, after: Id, limit: number): Promise<NewRow[]> =>
  tx.many<NewRow>(sql`
    select id, rule_ref as ref, created from enforcement where id > ${after} order by id limit ${limit}`);

export interface InquiryChange {
  id: Id;
  execution: Id;
  assigned_to: Id | null;
  status: InquiryStatus;
  timeout_at: Instant | null;
  created: Instant;
  updated: Instant;
}

const inquiryColumns = sql.raw('id, execution, assigned_to, status, timeout_at, created, updated');

export const newInquiries = (tx: Tx, after: Id, limit: number): Promise<InquiryChange[]> =>
  tx.many<InquiryChange>(sql`
    select ${inquiryColumns} from inquiry where id > ${after} order by id limit ${limit}`);

/** Inquiries that were waiting for an answer. */
export const pendingInquiries = (tx: Tx, limit: number): Promise<{ id: Id }[]> =>
  tx.many<{ id: Id }>(sql`select id from inquiry where status = 'pending' order by id desc limit ${limit}`);

/** Those of these inquiries that do not wait any more. */
export const endedInquiries = (tx: Tx, ids: readonly Id[]): Promise<InquiryChange[]> =>
  tx.many<InquiryChange>(sql`
    select ${inquiryColumns} from inquiry where id = any(${ids}::bigint[]) and status <> 'pending' order by updated, id`);

export interface NewestIds {
  execution: Id;
  event: Id;
  enforcement: Id;
  inquiry: Id;
}

/** The newest ids: where a subscription that asks for new rows begins. */
export const newestIds = (tx: Tx): Promise<NewestIds> =>
  tx.one<NewestIds>(sql`
    select coalesce((select max(id) from execution), 0) as execution, coalesce((select max(id) from event), 0) as event,
      coalesce((select max(id) from enforcement), 0) as enforcement, coalesce((select max(id) from inquiry), 0) as inquiry`);
