import type { Id } from '@attune/core';
import { livingStatuses } from '@attune/core';
import { sql, type Tx } from './database.ts';

// What may have no owner and no reason to wait. A look at one moment, from which standings.rowsOf decides; the reasons are those of
// core/execution/standing.ts.

const living = sql.raw(livingStatuses.map((status) => `'${status}'`).join(', '));

/** Runs of workflows with nothing alive below them, among the next `limit` living runs after `after`.
 *  @returns the last run that was looked at, null where there was none. */
export const idleRuns = (tx: Tx, after: Id, limit: number): Promise<{ last: Id | null; suspects: Id[] }> =>
  tx.one<{ last: Id | null; suspects: Id[] }>(sql`
    with batch as materialized (
      select e.id, e.status from execution e
      where e.status in ('running', 'canceling') and e.workflow_def is not null and e.revision is not null and e.id > ${after}
      order by e.id limit ${limit})
    select max(b.id)::text as last, coalesce(array_agg(b.id::text) filter (where
        not exists (select from execution c where c.parent = b.id and c.status in (${living}))
        and not exists (select from workflow_execution w where w.execution = b.id and w.paused)), '{}') as suspects
    from batch b`);

/** Executions that are held, or whose end was kept, for a pause that is over. */
export const heldForNothing = (tx: Tx, limit: number): Promise<{ id: Id }[]> =>
  tx.many<{ id: Id }>(sql`
    select e.id from execution e
    where e.held and not exists (select from workflow_execution w where w.execution in (e.id, e.parent) and w.paused)
    union
    select t.execution from paused_end t join workflow_execution w on w.id = t.workflow_execution where not w.paused
    limit ${limit}`);
