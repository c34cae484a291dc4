import { explainExecution } from '@attune/engine';
import { sql, type Database } from '@attune/db';
import { whileItMoves } from './patience.ts';

export interface Waiting {
  what: string;
  reason: string;
}

/** Waits until everything has come to its end, as long as anything moves.
 *  @returns what has not, each with the reason that the system gives for it. */
export async function settle(db: Database): Promise<Waiting[]> {
  let left: { kind: string; id: string }[] = [];
  const isDone = await whileItMoves(async () => {
    left = await db.many<{ kind: string; id: string }>(sql`
      select 'execution' as kind, id from execution
      where status not in ('completed', 'failed', 'timeout', 'cancelled', 'abandoned')
        or (workflow_task->>'next_retry_at' is not null and exists (
          select from execution p where p.id = execution.parent and p.status = 'running'))
      union all select 'event', id from event where matched_at is null
      union all select 'enforcement', id from enforcement where status = 'created'`);
    const { changes } = await db.one<{ changes: string }>(
      sql`select coalesce(max(seq), 0) as changes from faults.change`,
    );
    return left.length === 0 ? 'done' : `${changes} ${left.length}`;
  });
  if (isDone) return [];
  return Promise.all(
    left.map(async ({ kind, id }) => ({ what: `${kind} ${id}`, reason: await reasonOf(db, kind, id) })),
  );
}

async function reasonOf(db: Database, kind: string, id: string): Promise<string> {
  if (kind !== 'execution') return `nobody took the ${kind}`;
  const explained = await explainExecution(db, id);
  if (explained === undefined || 'no_such_task' in explained) return 'it is gone';
  return `${explained.status}, ${JSON.stringify(explained.standing)}`;
}
