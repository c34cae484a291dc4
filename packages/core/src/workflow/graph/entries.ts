import { at, type Digraph } from './digraph.ts';
import { walkDepthFirst } from './depth-first.ts';

/** Where a run begins: of each group of mutually reachable tasks (a single task is a group) that no transition from outside the
 *  group targets, the task that stands first in the file. From these every task can be reached. */
export function entriesOf(graph: Digraph): number[] {
  const group = groupsOf(graph);
  const isTargeted = new Set<number>();
  graph.successors.forEach((targets, source) => {
    for (const target of targets) if (group[target] !== group[source]) isTargeted.add(at(group, target));
  });
  const entered = new Set<number>();
  return group.flatMap((number, task) => {
    if (isTargeted.has(number) || entered.has(number)) return [];
    entered.add(number);
    return [task];
  });
}

/** The number of each task's group: two tasks have the same one if each can be reached from the other. Kosaraju's way: walk, then
 *  collect backwards from the tasks that were done last. */
function groupsOf(graph: Digraph): number[] {
  const group = new Array<number>(graph.size).fill(-1);
  const { postorder } = walkDepthFirst(graph, graph.successors.keys());
  let groups = 0;
  for (const root of postorder.toReversed()) {
    if (group[root] !== -1) continue;
    const number = groups++;
    group[root] = number;
    const found = [root];
    for (const task of found) {
      for (const source of at(graph.predecessors, task)) {
        if (group[source] !== -1) continue;
        group[source] = number;
        found.push(source);
      }
    }
  }
  return group;
}
