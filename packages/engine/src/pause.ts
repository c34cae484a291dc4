import { isFinal, type ExecutionStatus, type Id } from '@attune/core';
import { breakPoint, executionQueue, runTrees, type Database, type EngineExecution } from '@attune/db';
import { executionsOf, idsOf, lockTree } from './run-tree.ts';
import { inTransaction } from './transaction.ts';

/** Why a run cannot be paused or resumed. */
export type ControlRefusal =
  | { kind: 'not_found' }
  | { kind: 'not_a_workflow'; action_ref: string }
  /** It is a workflow whose first tasks were not decided yet. */
  | { kind: 'not_begun'; status: ExecutionStatus }
  | { kind: 'already_final'; status: ExecutionStatus }
  | { kind: 'canceling' };

export type PauseAnswer = { kind: 'paused' } | ControlRefusal;

/** Pauses a run and all runs below it: what workers run, and what people were asked, ends and is recorded; nothing starts. No
 *  transition is evaluated, no item released, no retry made; what was scheduled and not claimed waits. Time limits of workflows,
 *  deadlines of inquiries and delays go on counting. A second pause answers that it is paused; the first reason stays.
 *  @param reason for people; null: none was given. */
export function pause(db: Database, id: Id, reason: string | null): Promise<PauseAnswer> {
  return inTransaction(db, async (tx) => {
    const tree = await lockTree(tx, id);
    const execution = await executionQueue.lock(tx, id);
    const refusal = refusalOf(execution);
    if (refusal !== undefined) return refusal;
    if (tree === undefined) return { kind: 'not_begun', status: execution?.status ?? 'requested' };
    if (tree[0].paused_by === id) return { kind: 'paused' };
    // a run below that was paused for itself stays that one's, with all below it
    const nested = new Set(executionsOf(tree.slice(1)));
    const held = tree.filter((run) => run.paused_by === null || !nested.has(run.paused_by));
    await runTrees.pause(tx, idsOf(held), id, reason);
    breakPoint('pause.marked');
    await runTrees.hold(tx, executionsOf(held));
    return { kind: 'paused' };
  });
}

/** What keeps an execution, by what it is and how it stands, from being paused or resumed. */
export function refusalOf(
  execution: Pick<EngineExecution, 'workflow_def' | 'action_ref' | 'status'> | undefined,
): ControlRefusal | undefined {
  if (execution === undefined) return { kind: 'not_found' };
  const { workflow_def, action_ref, status } = execution;
  if (workflow_def === null) return { kind: 'not_a_workflow', action_ref };
  if (isFinal(status)) return { kind: 'already_final', status };
  return status === 'canceling' ? { kind: 'canceling' } : undefined;
}
