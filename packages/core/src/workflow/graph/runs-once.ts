import type { TaskDefinition } from '../definition.ts';
import { at, type Digraph } from './digraph.ts';
import type { DepthFirst } from './depth-first.ts';

/** For each task whether it runs at most once in a run of the workflow, at the empty position: it is in no loop, and what leads to it
 *  runs once too, or it is a join that counts by no loop. */
export function runsOnce(
  digraph: Digraph,
  walk: DepthFirst,
  tasks: readonly TaskDefinition[],
  around: readonly ReadonlySet<number>[],
  passed: readonly ReadonlySet<number>[],
): boolean[] {
  const once = new Array<boolean>(digraph.size).fill(false);
  // Outside loops everything that leads to a task stands before it in this order.
  for (const task of walk.postorder.toReversed()) {
    if (at(around, task).size > 0) continue;
    const isCutJoin = at(tasks, task).join !== null && at(passed, task).size === 0;
    once[task] = isCutJoin || at(digraph.predecessors, task).every((source) => at(once, source));
  }
  return once;
}
