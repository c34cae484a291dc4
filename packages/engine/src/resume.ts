import type { Id } from '@attune/core';
import { breakPoint, executionQueue, runTrees, workflowExecutions, type Database, type Tx } from '@attune/db';
import { advance } from './advance.ts';
import { lockRunFirst } from './lock-run.ts';
import { refusalOf, type ControlRefusal } from './pause.ts';
import { executionsOf, idsOf, lockTree } from './run-tree.ts';
import { createSuccessor } from './successor.ts';
import { inTransaction } from './transaction.ts';

export type ResumeAnswer =
  | { kind: 'resumed' }
  /** Its own pause is lifted, and it is still held: by the pause of this execution above it. */
  | { kind: 'held'; paused_by: Id }
  /** It was not paused for itself, but with this execution above it: that one can be resumed. */
  | { kind: 'paused_above'; paused_by: Id }
  | ControlRefusal;

/** Resumes a run that was paused, and what below it was paused with it: what ended meanwhile is told to the conductor in the order it
 *  ended, then everything goes on. One that is not paused answers that it runs. Below another pause only its own is lifted. */
export function resume(db: Database, id: Id): Promise<ResumeAnswer> {
  return inTransaction(db, async (tx) => {
    await lockRunFirst(tx, id);
    const tree = await lockTree(tx, id, (run) => run.paused_by === id);
    const execution = await executionQueue.lock(tx, id);
    const refusal = refusalOf(execution);
    if (refusal !== undefined) return refusal;
    if (tree === undefined || execution === undefined) return { kind: 'not_begun', status: 'requested' };
    const [{ paused_by }] = tree;
    if (paused_by === null) return { kind: 'resumed' };
    if (paused_by !== id) return { kind: 'paused_above', paused_by };
    const above = await pauseAbove(tx, execution.parent);
    if (above !== undefined) {
      await runTrees.pause(tx, idsOf(tree), above.by, above.reason);
      return { kind: 'held', paused_by: above.by };
    }
    await runTrees.unpause(tx, idsOf(tree));
    await runTrees.release(tx, executionsOf(tree));
    breakPoint('resume.released');
    await tellEnds(tx, idsOf(tree));
    return { kind: 'resumed' };
  });
}

/** The pause that holds the run above; its lock is held. */
async function pauseAbove(tx: Tx, parent: Id | null): Promise<{ by: Id; reason: string | null } | undefined> {
  const above = parent === null ? undefined : await workflowExecutions.pauseOf(tx, parent);
  return above?.paused_by ? { by: above.paused_by, reason: above.pause_reason } : undefined;
}

/** Tells runs the ends that were kept while they were paused. What an end leads to may end further runs of the tree; their own ends, told later, find them ended and change nothing. */
export async function tellEnds(tx: Tx, runs: readonly Id[]): Promise<void> {
  for (const { execution: id, restarts } of await runTrees.takeEnds(tx, runs)) {
    const ended = await executionQueue.find(tx, id);
    if (ended === undefined) continue;
    if (restarts) await createSuccessor(tx, ended, 'restart');
    else await advance(tx, { kind: 'ended', execution: ended });
  }
}
