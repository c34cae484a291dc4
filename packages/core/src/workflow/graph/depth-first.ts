import { at, type Digraph } from './digraph.ts';

/** One depth-first walk of a graph, roots and edges in the order given. */
export interface DepthFirst {
  /** When the walk came to each task and when it was done with all below it, on one scale; -1 where it never came. */
  opened: readonly number[];
  closed: readonly number[];
  /** Edges whose target was still open when they were walked, in the order they were. */
  backEdges: readonly { from: number; to: number }[];
  /** Tasks in the order the walk was done with them. */
  postorder: readonly number[];
}

export function walkDepthFirst({ size, successors }: Digraph, roots: Iterable<number>): DepthFirst {
  const opened = new Array<number>(size).fill(-1);
  const closed = new Array<number>(size).fill(-1);
  const backEdges: { from: number; to: number }[] = [];
  const postorder: number[] = [];
  let time = 0;
  for (const root of roots) {
    if (opened[root] !== -1) continue;
    opened[root] = time++;
    const stack = [{ task: root, edge: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const target = at(successors, top.task)[top.edge++];
      if (target === undefined) {
        closed[top.task] = time++;
        postorder.push(top.task);
        stack.pop();
      } else if (opened[target] === -1) {
        opened[target] = time++;
        stack.push({ task: target, edge: 0 });
      } else if (closed[target] === -1) {
        backEdges.push({ from: top.task, to: target });
      }
    }
  }
  return { opened, closed, backEdges, postorder };
}

/** Whether the walk came to `task` while `ancestor` was open; a task is below itself. */
export const isBelow = ({ opened, closed }: DepthFirst, task: number, ancestor: number): boolean =>
  at(opened, ancestor) <= at(opened, task) && at(closed, task) <= at(closed, ancestor);
