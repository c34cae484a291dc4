import type { Id, JsonObject } from '@attune/core';
import {
  breakPoint,
  enforcements,
  executionQueue,
  revisions,
  type ClaimRow,
  type Database,
  type EngineExecution,
  type NewExecution,
  type QueuePlace,
  type Taking,
  type Tx,
} from '@attune/db';
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
  /** Runtimes that take no slot, and the most to take of each. @default none */
  beside?: readonly { runtime: string; limit: number }[];
  /** By runtime: only what comes after this place, where the last claim has just left off. @default from the front */
  after?: ReadonlyMap<string, QueuePlace>;
}

/** Takes due executions for a worker, of each runtime the earliest first. Each is leased to it under a fresh token: renew it, then finish
 *  or hand it back. */
export async function claim(
  db: Database,
  { worker, runtimes, limit, beside = [], after }: Claimant,
): Promise<ClaimedExecution[]> {
  const place = (runtime: string) => after?.get(runtime) ?? null;
  const takings: Taking[] = [
    ...runtimes.map((runtime) => ({ runtime, limit, lane: 0, after: place(runtime) })),
    ...beside.map((one, index) => ({ ...one, lane: index + 1, after: place(one.runtime) })),
  ].filter((one) => one.limit > 0);
  if (takings.length === 0) return [];
  const rows = await executionQueue.claimScheduled(db, worker, takings);
  breakPoint('claim.leased');
  const definitions = await definitionsOf(db, rows);
  return rows.map((row) => ({ ...row, definition: definitionIn(definitions, row.revision) }));
}

/** Most definitions kept. One is immutable, so a kept one is never stale. */
const most = 1_000;

const kept = new Map<string, JsonObject>();

async function definitionsOf(tx: Tx, rows: readonly { revision: string | null }[]): Promise<Map<string, JsonObject>> {
  const wanted = [...new Set(rows.flatMap(({ revision }) => revision ?? []))];
  const missing = wanted.filter((hash) => !kept.has(hash));
  for (const { hash, definition } of missing.length === 0 ? [] : await revisions.findAll(tx, missing)) {
    const [oldest] = kept.keys();
    if (kept.size >= most && oldest !== undefined) kept.delete(oldest);
    kept.set(hash, definition);
  }
  return new Map(
    wanted.flatMap((hash) => {
      const found = kept.get(hash);
      return found === undefined ? [] : [[hash, found]];
    }),
  );
}

function definitionIn(definitions: ReadonlyMap<string, JsonObject>, revision: string): JsonObject {
  const found = definitions.get(revision);
  if (found === undefined) throw new Error(`Revision ${revision} is not kept`);
  return found;
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
          ...(rules.get(enforcement ?? '') ?? { rule_ref: null, trigger_ref: null }),
          run_after: started_at ?? '',
          definition: definitionIn(definitions, revision),
        },
      ];
    });
}

type RuleRefs = Pick<ClaimRow, 'rule_ref' | 'trigger_ref'>;

/** The rule and the trigger behind executions, by their enforcement. */
async function rulesOf(tx: Tx, taken: readonly NewExecution[]): Promise<Map<Id, RuleRefs>> {
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
