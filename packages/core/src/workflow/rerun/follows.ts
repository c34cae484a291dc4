import { targetsOf } from '../definition.ts';
import { nodeOf, type Loop, type WorkflowGraph } from '../graph/graph.ts';
import { agreeIn, iterationOf, mayLeadTo, type Position } from '../graph/position.ts';

/** A run of a task. */
export interface TaskRun {
  task: string;
  position: Position;
}

/** Whether one run of a task may be a consequence of another one. More exact than {@link mayLeadTo}: within one iteration of a loop
 *  nothing leads back over its head. */
export function mayFollow(graph: WorkflowGraph, run: TaskRun, from: TaskRun): boolean {
  if (!mayLeadTo(graph, from, run)) return false;
  const shared = [...graph.loops.values()].filter((loop) => isShared(loop, from.position, run.position));
  const reached = new Set(nextOf(graph, from.task, shared));
  for (const task of reached) {
    if (task === run.task) return true;
    for (const target of nextOf(graph, task, shared)) reached.add(target);
  }
  return false;
}

/** Whether both are in, or have left, the same iteration of a loop. */
const isShared = (loop: Loop, a: Position, b: Position): boolean =>
  iterationOf(a, loop.head) !== undefined && agreeIn([loop.head, ...loop.outer], a, b);

/** The tasks that a task leads to without beginning a new iteration of any of these loops. */
const nextOf = (graph: WorkflowGraph, task: string, loops: readonly Loop[]): string[] =>
  targetsOf(nodeOf(graph, task).definition).filter(
    (target) => !loops.some((loop) => (loop.members.has(task) ? target === loop.head : loop.members.has(target))),
  );
