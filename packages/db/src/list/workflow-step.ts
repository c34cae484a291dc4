import type { Id, Instant, Json } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import type { Page, PageRequest } from './page.ts';

/** One step of the record of a run, with what is known of the execution it is about. */
export interface WorkflowStepRow {
  /** Counts within the run, from 1. */
  step: number;
  created: Instant;
  decision: Json;
  /** The attempt that ended, or the one that came into being as a successor; null for the beginning. */
  execution: Id | null;
  action_ref: string | null;
  /** Definition it ran with. */
  revision: string | null;
  result: Json;
  /** The run that it is itself, where its action is a workflow. */
  workflow_execution: Id | null;
}

/** The record of the run that an execution is, in its order; `before` of the request is here the last step that was shown. Undefined where
 *  there is no such execution; of one that is no workflow there are no steps. */
export async function workflowSteps(
  tx: Tx,
  execution: Id,
  request: PageRequest,
): Promise<Page<WorkflowStepRow> | undefined> {
  const after = request.before ?? '0';
  const rows = await tx.list<WorkflowStepRow>(sql`
    select s.step, s.created, s.decision, s.execution, e.action_ref, e.revision, e.result,
      (select n.id from workflow_execution n where n.execution = e.id limit 1) as workflow_execution
    from workflow_execution w
    join workflow_step s on s.workflow_execution = w.id
    left join execution e on e.id = s.execution
    where w.execution = ${execution} and s.step > ${after}
    order by s.step limit ${request.limit + 1}`);
  if (rows.length === 0) {
    const [found] = await tx.list(sql`select 1 from execution where id = ${execution}`);
    if (found === undefined) return undefined;
  }
  const shown = rows.slice(0, request.limit);
  return { rows: shown, next: rows.length > request.limit ? String(shown.at(-1)?.step ?? after) : null };
}
