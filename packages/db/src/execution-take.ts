import { stringifyJson, type Id, type JsonObject } from '@attune/core';
import { sql, type Tx } from './database.ts';
import { leaseSeconds, type ClaimRow } from './execution-queue.ts';
import { moment } from './moment.ts';
import { isReady, type Taking } from './ready.ts';

/** An execution that a transaction has taken from the queue; nothing says so but its lock. */
export type TakenRow = Omit<ClaimRow, 'lease_token' | 'rule_ref' | 'trigger_ref'> & {
  enforcement: Id | null;
  /** Whether it is no task: nobody follows up its end. */
  is_alone: boolean;
};

/** Locks due executions of a runtime until the transaction ends, earliest first; those that somebody else has locked are passed over. */
export const take = (tx: Tx, { runtime, after }: Taking, limit: number): Promise<TakenRow[]> =>
  tx.many<TakenRow>(sql`
    select id, action_ref, runtime, revision, pack_revision, config, timeout_seconds,
      coalesce((workflow_task->>'attempt')::int, retry_count + 1) as attempt,
      workflow_task->>'workflow_execution' as workflow_execution, workflow_task is null as is_alone, enforcement, run_after
    from execution
    where ${isReady(sql`${runtime}`, sql`${after?.run_after ?? '-infinity'}::timestamptz`, sql`${after?.id ?? '0'}::bigint`)}
    order by run_after, id limit ${limit} for no key update skip locked`);

/** How one of them ended, in the hands of the transaction that took it. */
export interface EndOfTaken {
  id: Id;
  status: 'completed' | 'failed';
  result: JsonObject;
  result_hash: string;
}

/** Ends what this transaction has taken and run, outside any workflow: it starts and ends with one write, and has no lease. */
export const endTaken = (tx: Tx, worker: Id, ends: readonly EndOfTaken[]): Promise<number> =>
  tx.run(sql`
    update execution e
    set status = x.status, worker = ${worker}, result = x.result, result_hash = x.hash, started_at = ${moment},
      completed_at = ${moment}, updated = attune.clock()
    from unnest(${ends.map((one) => one.id)}::bigint[], ${ends.map((one) => one.status)}::execution_status_enum[],
      ${ends.map((one) => stringifyJson(one.result))}::jsonb[], ${ends.map((one) => one.result_hash)}::text[])
      as x(id, status, result, hash)
    where e.id = x.id`);

/** Makes of what this transaction has taken a claim under a lease with this token. */
export const leaseTaken = (tx: Tx, worker: Id, claims: readonly { id: Id; lease_token: string }[]): Promise<number> =>
  tx.run(sql`
    update execution e
    set status = 'running', worker = ${worker}, lease_token = x.token,
      lease_until = attune.clock() + make_interval(secs => ${leaseSeconds}), started_at = attune.clock(), updated = attune.clock()
    from unnest(${claims.map((one) => one.id)}::bigint[], ${claims.map((one) => one.lease_token)}::uuid[]) as x(id, token)
    where e.id = x.id`);
