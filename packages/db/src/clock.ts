import { sql, type Tx } from './database.ts';
import { awaitingRetry } from './workflow-task.ts';

/** The database's clock, in milliseconds since 1970. */
export const milliseconds = async (tx: Tx): Promise<number> =>
  (await tx.one<{ ms: number }>(sql`select extract(epoch from attune.clock())::float8 * 1000 as ms`)).ms;

/** After the clock was set back: what was made before that, and now seems to come from the future, waits from now on as long as it was
 *  meant to wait, and what was due is due. Any number may say so at once.
 *  @returns how many executions were brought forward. */
export const bringForward = async (tx: Tx): Promise<number> => {
  const waiting = await tx.run(sql`
    update execution
    set run_after = least(run_after, attune.clock() + greatest(run_after - created, interval '0')), updated = attune.clock()
    where status in ('requested', 'scheduling', 'scheduled') and revision is not null and run_after > attune.clock()
      and created > attune.clock()`);
  const retries = await tx.run(sql`
    update execution
    set workflow_task = workflow_task || jsonb_build_object('next_retry_at', attune.instant(
      least((workflow_task->>'next_retry_at')::timestamptz,
        attune.clock() + greatest((workflow_task->>'next_retry_at')::timestamptz - completed_at, interval '0')))),
      updated = attune.clock()
    where ${awaitingRetry} and completed_at > attune.clock() and (workflow_task->>'next_retry_at')::timestamptz > attune.clock()`);
  return waiting + retries;
};
