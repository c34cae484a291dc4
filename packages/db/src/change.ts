import type { ExecutionStatus, Id, Instant, Json } from '@attune/core';
import { sql, type Tx } from './database.ts';

/** What a subscriber is told of an execution: never its parameters or result, which it asks the API for. */
export interface ExecutionChange {
  id: Id;
  action_ref: string;
  status: ExecutionStatus;
  parent: Id | null;
  enforcement: Id | null;
  workflow_task: Json;
  started_at: Instant | null;
  created: Instant;
  updated: Instant;
}

const executionColumns = sql.raw(
  'id, action_ref, status, parent, enforcement, workflow_task, started_at, created, updated',
);

/** The executions of these ids and their children, as they are now. */
export const executionsAround = (tx: Tx, ids: readonly Id[]): Promise<ExecutionChange[]> =>
  tx.many<ExecutionChange>(sql`
    select ${executionColumns} from execution where id = any(${ids}::bigint[])
    union all
    select ${executionColumns} from execution where parent = any(${ids}::bigint[])
    order by id`);

export interface NewRow {
  id: Id;
  ref: string;
  created: Instant;
}

/** Rows of a kind that were inserted after `id`, oldest first. */
export const newExecutions = (tx: Tx, after: Id, limit: number): Promise<ExecutionChange[]> =>
  tx.many<ExecutionChange>(sql`
    select ${executionColumns} from execution where id > ${after} order by id limit ${limit}`);

export const newEvents = (tx: Tx, after: Id, limit: number): Promise<NewRow[]> =>
  tx.many<NewRow>(sql`
    select id, trigger_ref as ref, created from event where id > ${after} order by id limit ${limit}`);

export const newEnforcements = (tx: Tx, after: Id, limit: number): Promise<NewRow[]> =>
  tx.many<NewRow>(sql`
    select id, rule_ref as ref, created from enforcement where id > ${after} order by id limit ${limit}`);

/** The newest ids: where a subscription that asks for new rows begins. */
export const newestIds = (tx: Tx): Promise<{ execution: Id; event: Id; enforcement: Id }> =>
  tx.one<{ execution: Id; event: Id; enforcement: Id }>(sql`
    select coalesce((select max(id) from execution), 0) as execution, coalesce((select max(id) from event), 0) as event,
      coalesce((select max(id) from enforcement), 0) as enforcement`);
