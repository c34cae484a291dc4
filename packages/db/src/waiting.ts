import { sql, type Tx } from './database.ts';
import { isKnownAction, waitsForAdmission } from './execution-queue.ts';
import { awaitingRetry } from './workflow-task.ts';

/** What waits for an executor. */
export interface Waiting {
  /** Events whose rules were not matched. */
  events: boolean;
  /** Enforcements without an execution. */
  enforcements: boolean;
  /** Executions of actions that are to be admitted. */
  actions: boolean;
  /** Seconds until the next execution that needs no worker is due, less than 0 where one is; null where none waits. */
  begin_seconds: number | null;
  /** Seconds until the next retry is due, the same. */
  retry_seconds: number | null;
}

/** One look at all that an executor might do: most of the time most of it is nothing. */
export const whatWaits = (tx: Tx): Promise<Waiting> =>
  tx.one<Waiting>(sql`
    select
      exists (select from event where matched_at is null) as events,
      exists (select from enforcement where status = 'created' and revision is not null) as enforcements,
      exists (select from execution e where ${waitsForAdmission} and e.runtime is not null) as actions,
      (select extract(epoch from min(coalesce(e.run_after, e.created)) - attune.clock())::float8 from execution e
        where ${waitsForAdmission} and e.runtime is null) as begin_seconds,
      (select extract(epoch from min((e.workflow_task->>'next_retry_at')::timestamptz) - attune.clock())::float8
        from execution e
        where ${awaitingRetry} and not e.held and ${isKnownAction}
          and isfinite((e.workflow_task->>'next_retry_at')::timestamptz)) as retry_seconds`);
