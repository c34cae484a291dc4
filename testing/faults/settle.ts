import { explainExecution } from '@attune/engine';
import { sql, type Database } from '@attune/db';
import { setTimeout as pause } from 'node:timers/promises';

export interface Waiting {
  what: string;
  reason: string;
}

/** Waits until everything has come to its end.
 *  @returns what has not after the time, each with the reason that the system gives for it. */
export async function settle(db: Database, withinMs: number): Promise<Waiting[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const left = await db.many<{ kind: string; id: string }>(sql`
      select 'execution' as kind, id from execution
      where status not in ('completed', 'failed', 'timeout', 'cancelled', 'abandoned')
        or (workflow_task->>'next_retry_at' is not null and exists (
          select from execution p where p.id = execution.parent and p.status = 'running'))
      union all select 'event', id from event where matched_at is null
      union all select 'enforcement', id from enforcement where status = 'created'`);
    if (left.length === 0) return [];
    if (performance.now() > deadline) {
      return Promise.all(
        left.map(async ({ kind, id }) => ({ what: `${kind} ${id}`, reason: await reasonOf(db, kind, id) })),
      );
    }
    await pause(100);
  }
}

async function reasonOf(db: Database, kind: string, id: string): Promise<string> {
  if (kind !== 'execution') return `nobody took the ${kind}`;
  const explained = await explainExecution(db, id);
  if (explained === undefined || 'no_such_task' in explained) return 'it is gone';
  return `${explained.status}, ${JSON.stringify(explained.standing)}`;
}
