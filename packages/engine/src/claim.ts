import type { Id, JsonObject } from '@attune/core';
import {
  breakPoint,
  enforcements,
  executionQueue,
  type ClaimRow,
  type Database,
  type EngineExecution,
  type NewExecution,
  type QueuePlace,
  type Tx,
} from '@attune/db';
import { definitionIn, definitionsOf } from './definition.ts';
import { keep, recall } from './kept.ts';

/** An execution in a worker's hands, with what running it needs. */
export interface ClaimedExecution extends ClaimRow {
  definition: JsonObject;
}

export interface Claimant {
  worker: Id;
  /** The runtimes the worker has, e.g. `shell`, `python`. */
  runtimes: readonly string[];
  /** Most executions to take: the worker's free slots. */
  limit: number;
  /** By runtime: only what comes after this place, where the last claim has just left off. @default from the front */
  after?: ReadonlyMap<string, QueuePlace>;
}

/** Takes due executions for a worker, of each runtime the earliest first. Each is leased to it under a fresh token: renew it, then finish
 *  or hand it back. */
export async function claim(db: Database, { worker, runtimes, limit, after }: Claimant): Promise<ClaimedExecution[]> {
  if (limit === 0) return [];
  const takings = runtimes.map((runtime) => ({ runtime, after: after?.get(runtime) ?? null }));
  const rows = await executionQueue.claimScheduled(db, worker, takings, limit);
  breakPoint('claim.leased');
  const definitions = await definitionsOf(db, rows);
  return rows.map((row) => ({ ...row, definition: definitionIn(definitions, row.revision) }));
}

/** Makes claims of tasks that a worker takes as they are created. What it needs is read now, for the rows come with the commit. */
export async function claimsOf(
  tx: Tx,
  taken: readonly NewExecution[],
): Promise<(rows: readonly EngineExecution[]) => ClaimedExecution[]> {
  if (taken.length === 0) return () => [];
  const definitions = await definitionsOf(tx, taken);
  const rules = await rulesOf(tx, taken);
  return (rows) =>
    rows.flatMap(({ lease_token, runtime, revision, pack_revision, workflow_task, enforcement, ...row }) => {
      if (lease_token === null || runtime === null || revision === null || pack_revision === null) return [];
      const { id, action_ref, config, timeout_seconds, started_at } = row;
      return [
        {
          ...{ id, lease_token, action_ref, runtime, revision, pack_revision, config, timeout_seconds },
          attempt: workflow_task?.attempt ?? row.retry_count + 1,
          workflow_execution: workflow_task?.workflow_execution ?? null,
          ...(rules.get(enforcement ?? '') ?? noRule),
          run_after: started_at ?? '',
          definition: definitionIn(definitions, revision),
        },
      ];
    });
}

type RuleRefs = Pick<ClaimRow, 'rule_ref' | 'trigger_ref'>;

/** Of an execution that no rule led to. */
export const noRule: RuleRefs = { rule_ref: null, trigger_ref: null };

/** The rule and the trigger behind executions, by their enforcement. */
export async function rulesOf(tx: Tx, taken: readonly Pick<NewExecution, 'enforcement'>[]): Promise<Map<Id, RuleRefs>> {
  const wanted = [...new Set(taken.flatMap(({ enforcement }) => enforcement ?? []))];
  const known = new Map<Id, RuleRefs>();
  const missing = wanted.filter((id) => {
    const refs = recall(tx, `rule ${id}`) as RuleRefs | undefined;
    if (refs !== undefined) known.set(id, refs);
    return refs === undefined;
  });
  for (const { id, ...refs } of missing.length === 0 ? [] : await enforcements.refsOf(tx, missing)) {
    known.set(id, refs);
    keep(tx, `rule ${id}`, refs);
  }
  return known;
}
