import { contentHash, type Id, type JsonObject } from '@attune/core';
import { breakPoint, inquiries, runTrees, type RunInTree, type Tx } from '@attune/db';
import { executionsOf, idsOf, type RunTree } from './run-tree.ts';

export interface Stopping {
  /** Whether what a worker runs is stopped; else it may finish. */
  stopRunning: boolean;
  /** The error of what had not started. */
  error: string;
}

/** Ends everything below a run, at any depth, in as many statements however much there is: what has not started and what waits for a
 *  person is cancelled at once, retries are given up, nested runs end with the last thing that a worker still runs below them. The
 *  root's own end is the caller's, who holds the locks of the tree.
 *  @returns whether a worker still runs something below. */
export async function stopBelow(tx: Tx, tree: RunTree, { stopRunning, error }: Stopping): Promise<boolean> {
  const [root, ...nested] = tree;
  const parents = executionsOf(tree);
  const asked = await inquiries.cancelBelow(tx, parents);
  await runTrees.cancelWaiting(tx, parents, endingOf(error));
  breakPoint('cancel.stopped_waiting');
  await runTrees.tellToStop(tx, parents, asked, stopRunning);
  await runTrees.giveUpRetries(tx, parents);
  await runTrees.takeEnds(tx, idsOf(tree));
  await runTrees.unpause(tx, idsOf(tree.filter((run) => run.paused_by !== null)));
  if (asked.length > 0) await runTrees.endStopped(tx, asked, endingOf('Cancelled before it was answered'));

  const busy = busyOf(tree, await runTrees.withLivingTask(tx, parents));
  const quiet = nested.filter((run) => !busy.has(run.execution));
  if (quiet.length > 0) await runTrees.endStopped(tx, executionsOf(quiet), endingOf('Workflow cancelled'));
  if (nested.length > 0) {
    const canceling = nested.filter((run) => busy.has(run.execution));
    await runTrees.setCancelled(tx, idsOf(canceling), idsOf(quiet));
  }
  return busy.has(root.execution);
}

/** The executions of a tree that something living is below of. */
function busyOf(tree: RunTree, withLivingTask: readonly Id[]): Set<Id> {
  const runs = new Map<Id, RunInTree>(tree.map((run) => [run.execution, run]));
  const busy = new Set<Id>();
  for (const start of withLivingTask) {
    for (let run = runs.get(start); run !== undefined && !busy.has(run.execution);) {
      busy.add(run.execution);
      run = run.parent === null ? undefined : runs.get(run.parent);
    }
  }
  return busy;
}

function endingOf(error: string): runTrees.SharedEnding {
  const result: JsonObject = { error, succeeded: false };
  return { result, result_hash: contentHash(result) };
}
