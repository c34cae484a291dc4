import { nodeOf, type TaskNode, type WorkflowGraph } from '../graph/graph.ts';
import type { Position } from '../graph/position.ts';
import { endedRuns, listOf, visitsOf } from './state.ts';
import type { Turn } from './turn.ts';

/** Keeps that a run ended, if any expression of the workflow reads its task. How the task stands has to be said before: of a task
 *  that ran once it is all there is to keep. */
export function rememberEnded(
  turn: Turn,
  run: { task: string; visit: number; position: Position; skipped: boolean },
): void {
  const { task, visit, position, skipped } = run;
  const node = nodeOf(turn.graph, task);
  if (!isRead(turn.graph, task) || saysItsStanding(turn, node)) return;
  turn.state.ended[task] = [...listOf(turn.state.ended, task), { position, visit, skipped }];
  turn.touched.add(task);
}

/** Keeps what a task's standing says of its first run, before a second one begins and changes it. */
export function rememberFirst(turn: Turn, node: TaskNode): void {
  const { name } = node.definition;
  if (!saysItsStanding(turn, node) || !isRead(turn.graph, name)) return;
  const ended = endedRuns(turn.state, node);
  if (ended.length > 0) turn.state.ended[name] = [...ended];
}

const saysItsStanding = ({ state }: Turn, node: TaskNode): boolean =>
  node.loops.length === 0 && visitsOf(state, node) === 1;

function isRead(graph: WorkflowGraph, task: string): boolean {
  const read = graph.everythingRead();
  return read === 'all' || read.has(task);
}
