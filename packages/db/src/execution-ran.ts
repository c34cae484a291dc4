import type { Id, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import type { NewExecution } from './execution-queue.ts';
import { moment } from './moment.ts';
import { ranTask, workflowTaskToJson } from './workflow-task.ts';

/** An execution that a worker has run before its row is there. */
export interface RanExecution extends NewExecution {
  /** From {@link newIds}. */
  id: Id;
  status: 'completed' | 'failed';
  result: JsonObject;
  result_hash: string;
  worker: Id;
  /** Milliseconds since it ran. */
  ms_ago: number;
}

/** Ids of executions that are still to be inserted, in their order. */
export const newIds = async (tx: Tx, count: number): Promise<Id[]> => {
  const rows = await tx.many<{ id: Id }>(sql`
    select nextval(s.name) as id
    from (select pg_get_serial_sequence('execution', 'id')::regclass as name offset 0) s, generate_series(1, ${count}::int)`);
  return rows.map(({ id }) => id);
};

/** Inserts executions that began and ended before, without a lease, in one statement. */
export const insertRan = (tx: Tx, executions: readonly RanExecution[]): Promise<number> => {
  const input = executions.map(({ workflow_task, ...execution }) => ({
    ...execution,
    workflow_task: workflowTaskToJson(workflow_task),
  }));
  return tx.run(sql`
    insert into execution (id, action, action_ref, config, parent, enforcement, executor, status, result, result_hash,
      workflow_task, runtime, revision, pack_revision, input_hash, timeout_seconds, retry_count, cause, rerun_of, rerun, worker,
      run_after, started_at, completed_at)
    select x.id, x.action, x.action_ref, nullif(x.config, 'null'), x.parent, x.enforcement, x.executor, x.status, x.result,
      x.result_hash, ${ranTask(sql`nullif(x.workflow_task, 'null')`, sql`t.ran`)}, x.runtime, x.revision, x.pack_revision,
      x.input_hash, x.timeout_seconds, x.retry_count, x.cause, x.rerun_of, nullif(x.rerun, 'null'), x.worker,
      attune.clock(), t.ran, t.ran
    from jsonb_to_recordset(${jsonb(input)}) as x(id bigint, action bigint, action_ref text, config jsonb, parent bigint,
      enforcement bigint, executor bigint, status execution_status_enum, result jsonb, result_hash text, workflow_task jsonb,
      runtime text, revision text, pack_revision text, input_hash text, timeout_seconds integer, retry_count integer,
      cause bigint, rerun_of bigint, rerun jsonb, worker bigint, ms_ago double precision),
    lateral (select ${moment} - make_interval(secs => x.ms_ago / 1000) as ran) t`);
};
