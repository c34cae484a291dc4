import {
  awaitsRetry,
  isFinal,
  mostChildrenNamed,
  standingOf,
  type Id,
  type RetryFacts,
  type RunState,
  type Standing,
} from '@attune/core';
import { standings, workflowExecutions, type StandingRow, type Tx } from '@attune/db';

/** Why executions are where they are, by id; ids that name none are missing. */
export async function standingsOf(tx: Tx, ids: readonly Id[]): Promise<Map<Id, Standing>> {
  if (ids.length === 0) return new Map();
  const installation = await standings.livingServices(tx);
  const rows = [...(await standings.rowsOf(tx, ids, mostChildrenNamed)).values()];
  const states = await statesOf(tx, rows);
  return new Map(rows.map((row) => [row.id, standingOf({ ...row, retry: retryOf(row, states) }, installation)]));
}

/** The states of the runs that failed attempts may wait in. */
async function statesOf(tx: Tx, rows: readonly StandingRow[]): Promise<Map<Id, RunState>> {
  const runs = rows.flatMap(({ next_retry_at, workflow_task }) =>
    next_retry_at !== null && workflow_task?.visit !== undefined ? [workflow_task.workflow_execution] : [],
  );
  const states = runs.length === 0 ? [] : await workflowExecutions.states(tx, [...new Set(runs)]);
  return new Map(states.map(({ id, state }) => [id, state as unknown as RunState]));
}

/** The next attempt there will be: as engine/retry.ts decides when it is due. */
function retryOf(row: StandingRow, states: ReadonlyMap<Id, RunState>): RetryFacts | null {
  if (!isFinal(row.status)) return row.child_retry;
  const { next_retry_at: at, workflow_task: task, parent_status, has_action } = row;
  if (at === null || (parent_status !== null && parent_status !== 'running')) return null;
  const retry = { execution: row.id, at, is_due: row.is_retry_due };
  if (task?.visit === undefined) return has_action ? retry : null;
  const state = states.get(task.workflow_execution);
  return state !== undefined && awaitsRetry(state, task.task_name, task.visit, task.task_index) ? retry : null;
}
