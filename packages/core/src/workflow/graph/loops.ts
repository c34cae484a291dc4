import { at, type Digraph } from './digraph.ts';
import { isBelow, type DepthFirst } from './depth-first.ts';

/** A loop: its head, and every task that reaches the head through tasks below the head in the depth-first walk. Two loops nest or
 *  have no task in common. */
export interface IndexedLoop {
  head: number;
  members: ReadonlySet<number>;
  /** Sources of the back edges to the head, in the order of the file. */
  backSources: readonly number[];
}

/** The loops of a graph, outer ones before the ones inside them. */
export function loopsOf(graph: Digraph, walk: DepthFirst): IndexedLoop[] {
  const heads = [...new Set(walk.backEdges.map((edge) => edge.to))].sort(
    (a, b) => at(walk.opened, a) - at(walk.opened, b),
  );
  return heads.map((head) => {
    const members = new Set([head]);
    // Growing while it is walked: everything that leads to the head without leaving what is below it.
    for (const member of members) {
      for (const source of at(graph.predecessors, member)) if (isBelow(walk, source, head)) members.add(source);
    }
    const backSources = at(graph.predecessors, head).filter((source) => members.has(source));
    return { head, members, backSources };
  });
}
