import type { Loop, TaskNode, WorkflowGraph } from './graph.ts';
import { nodeOf } from './graph.ts';

/** Where a run of a task stands: the iteration number (from 0) of each loop passed, by the loop's head. A loop that was never
 *  entered is absent, which is not the same as 0. */
export type Position = Readonly<Record<string, number>>;

/** An entry task begins the loops it is in. */
export const entryPosition = (node: TaskNode): Position => Object.fromEntries(node.loops.map((head) => [head, 0]));

/** The position that a run at `position` hands to a task its transition names. A back edge adds 1 to its loop and forgets the
 *  loops inside it; entering a loop, at its head or sideways, sets its number to 0; everything else is handed on, loops that were
 *  left included. */
export function moveAlong(graph: WorkflowGraph, from: string, to: string, position: Position): Position {
  const loop = graph.loops.get(to);
  if (loop?.members.has(from) === true) {
    const { [loop.head]: iteration = 0, ...others } = position;
    for (const inner of loop.inner) Reflect.deleteProperty(others, inner);
    return { ...others, [loop.head]: iteration + 1 };
  }
  const entered = nodeOf(graph, to).loops.filter((head) => graph.loops.get(head)?.members.has(from) !== true);
  return entered.length === 0 ? position : { ...position, ...Object.fromEntries(entered.map((head) => [head, 0])) };
}

/** The part of a position that concerns some loops. */
export const restrictTo = (heads: readonly string[], position: Position): Position =>
  Object.fromEntries(
    heads.flatMap((head) => {
      const iteration = iterationOf(position, head);
      return iteration === undefined ? [] : [[head, iteration]];
    }),
  );

export function isSamePosition(a: Position, b: Position): boolean {
  const heads = Object.keys(a);
  return heads.length === Object.keys(b).length && heads.every((head) => a[head] === iterationOf(b, head));
}

/** Whether two positions have the same numbers, or none, in some loops. */
export const agreeIn = (heads: readonly string[], a: Position, b: Position): boolean =>
  heads.every((head) => iterationOf(a, head) === iterationOf(b, head));

export const iterationOf = (position: Position, head: string): number | undefined =>
  Object.hasOwn(position, head) ? position[head] : undefined;

/** Whether what follows from a run at `from.position` may still come to `to.task` at `to.position`. False is certain; true may be
 *  too careful. What it rests on: while a run and its followers stay in a loop, its number only grows; after they left, it stays,
 *  until a loop around it begins its next iteration. */
export function mayLeadTo(
  graph: WorkflowGraph,
  from: { task: string; position: Position },
  to: { task: string; position: Position },
): boolean {
  return (
    graph.reaches(from.task, to.task) && ![...graph.loops.values()].some((loop) => isPast(loop, from, to.position))
  );
}

function isPast(loop: Loop, from: { task: string; position: Position }, position: Position): boolean {
  const now = iterationOf(from.position, loop.head);
  const wanted = iterationOf(position, loop.head);
  if (now === undefined || wanted === undefined || now === wanted) return false;
  // In another iteration of a loop around this one its numbers begin anew, so they say nothing.
  if (!agreeIn(loop.outer, from.position, position)) return false;
  return now > wanted || !loop.members.has(from.task);
}
