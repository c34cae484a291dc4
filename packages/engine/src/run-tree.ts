import type { Id } from '@attune/core';
import { runTrees, type RunInTree, type Tx } from '@attune/db';

/** The run of an execution and the living runs below it, the root first and every other after the one it is a task of. */
export type RunTree = readonly [RunInTree, ...RunInTree[]];

/** Locks the run of an execution and every living run below it, level by level: while a run is locked nothing is added to it, so
 *  when this returns no child of any of them can come into being unseen.
 *  @param below whether to go on below a run, and count it in; default: below every one.
 *  @returns undefined where the execution is not one of a workflow that began. */
export async function lockTree(
  tx: Tx,
  execution: Id,
  below: (run: RunInTree) => boolean = () => true,
): Promise<RunTree | undefined> {
  const root = await runTrees.lockRoot(tx, execution);
  if (root === undefined) return undefined;
  const tree: [RunInTree, ...RunInTree[]] = [root];
  for (let level: readonly RunInTree[] = [root]; level.length > 0;) {
    level = (await runTrees.lockLevel(tx, executionsOf(level))).filter(below);
    tree.push(...level);
  }
  return tree;
}

export const executionsOf = (runs: readonly RunInTree[]): Id[] => runs.map((run) => run.execution);

export const idsOf = (runs: readonly RunInTree[]): Id[] => runs.map((run) => run.id);
