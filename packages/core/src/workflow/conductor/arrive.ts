import { nodeOf, type TaskNode, type WorkflowGraph } from '../graph/graph.ts';
import { isSamePosition, iterationOf, moveAlong, restrictTo, type Position } from '../graph/position.ts';
import { countMarks, marked, noMarks } from './marks.ts';
import { startTask } from './start.ts';
import { listOf, visitsOf, type RunState } from './state.ts';
import type { Arrival, Turn } from './turn.ts';

/** Acts on all targets of fired transitions, those of tasks that are skipped on the way included. */
export function settle(turn: Turn): void {
  for (const arrival of turn.queue) arrive(turn, arrival);
}

/** A task starts once for each position that reaches it; a join starts once enough predecessors have reached its position. */
function arrive(turn: Turn, { task, by }: Arrival): void {
  const node = nodeOf(turn.graph, task);
  const moved = moveAlong(turn.graph, by.task, task, by.position);
  const position = node.definition.join === null ? moved : restrictTo(node.passed, moved);
  const decided = { task, by: { task: by.task, visit: by.visit }, position };
  if (hasStarted(turn.state, node, position)) {
    const reason = 'it has started at this position before';
    turn.decision.targets.push({ ...decided, fate: 'dropped', reason });
    return;
  }
  if (node.definition.join !== null) {
    const { arrived, needed } = countArrival(turn, node, position, by.task);
    if (arrived < needed) {
      const reason = `${arrived} of ${needed} predecessors have led to it`;
      turn.decision.targets.push({ ...decided, fate: 'waiting', reason });
      return;
    }
  }
  startTask(turn, node, position, by);
}

function hasStarted(state: RunState, node: TaskNode, position: Position): boolean {
  if (!node.merges) return false;
  if (node.runsOnce) return visitsOf(state, node) > 0;
  return listOf(state.started, node.definition.name).some((started) => isSamePosition(started, position));
}

/** Counts an arrival; the last one that was needed takes the join off the list of those that wait. */
function countArrival(
  turn: Turn,
  node: TaskNode,
  position: Position,
  from: string,
): { arrived: number; needed: number } {
  const task = node.definition.name;
  const waiting = listOf(turn.state.waiting, task);
  const before = waiting.find((arrivals) => isSamePosition(arrivals.position, position));
  const marks = before?.from ?? noMarks(node.predecessors.length);
  const arrivals = { position, from: marked(marks, node.predecessors.indexOf(from)) };
  const arrived = countMarks(arrivals.from);
  const others = waiting.filter((one) => one !== before);
  const needed = arrivalsNeeded(turn.graph, node, position);
  const isMet = arrived >= needed;
  if (!isMet) turn.state.waiting[task] = [...others, arrivals];
  else if (others.length > 0) turn.state.waiting[task] = others;
  else Reflect.deleteProperty(turn.state.waiting, task);
  turn.touched.add(task);
  return { arrived, needed };
}

export const arrivalsNeeded = (graph: WorkflowGraph, node: TaskNode, position: Position): number =>
  typeof node.definition.join === 'number' ? node.definition.join : expectedAt(graph, node, position).length;

/** The predecessors that can lead to a join at a position. At the head of a loop these are the ones outside in round 0, the ones
 *  inside afterwards. */
export function expectedAt(graph: WorkflowGraph, node: TaskNode, position: Position): readonly string[] {
  const loop = graph.loops.get(node.definition.name);
  if (loop === undefined) return node.predecessors;
  if ((iterationOf(position, loop.head) ?? 0) > 0) return loop.backSources;
  return node.predecessors.filter((task) => !loop.members.has(task));
}
