import type { WorkflowGraph } from '../graph/graph.ts';
import { nodeOf } from '../graph/graph.ts';
import { agreeIn, mayLeadTo, restrictTo, type Position } from '../graph/position.ts';
import { activeRuns, listOf, own, type EndedRun, type RunState } from './state.ts';

/** Forgets what nothing can ask for any more, so that a loop of a million rounds needs no more state than one of two. `touched` names the
 *  tasks whose lists grew in this step; the others were looked at when they did. */
export function prune(graph: WorkflowGraph, state: RunState, touched: ReadonlySet<string>): void {
  for (const task of touched) {
    forgetStarts(graph, state, task);
    settleUnmet(graph, state, task);
    forgetEnded(graph, state, task);
  }
}

/** A start is remembered while another branch may still come to the same position. Looked at when the list's length is a power of
 *  two, so that long lists of positions that are all still possible are not walked at each step. */
function forgetStarts(graph: WorkflowGraph, state: RunState, task: string): void {
  const positions = listOf(state.started, task);
  if (!isPowerOfTwo(positions.length)) return;
  // Outside all loops there is one position, and forgetting it would save nothing.
  state.started[task] = positions.filter((position) => isBare(position) || mayStillCome(graph, state, task, position));
}

/** Arrivals at a join to which nothing leads any more become one line of the reason why the run fails at its end. */
function settleUnmet(graph: WorkflowGraph, state: RunState, task: string): void {
  const waiting = listOf(state.waiting, task);
  if (waiting.length < 2 || !isPowerOfTwo(waiting.length)) return;
  const [open, unmet] = [
    waiting.filter(({ position }) => mayStillCome(graph, state, task, position)),
    waiting.filter(({ position }) => !mayStillCome(graph, state, task, position)),
  ];
  const [first] = unmet;
  if (first !== undefined) state.unmet[task] = own(state.unmet, task) ?? first;
  state.waiting[task] = open;
}

/** Of the runs of a task that is read: the last one, and for each iteration of its loops that somebody may still be in, the last
 *  one of that iteration. */
function forgetEnded(graph: WorkflowGraph, state: RunState, task: string): void {
  const runs = listOf(state.ended, task);
  if (runs.length < 2) return;
  state.ended[task] = runs.filter((run, index) => {
    const later = runs.slice(index + 1);
    return later.length === 0 || isStillRead(graph, state, nodeOf(graph, task).loops, run, later);
  });
}

function isStillRead(
  graph: WorkflowGraph,
  state: RunState,
  loops: readonly string[],
  run: EndedRun,
  later: readonly EndedRun[],
): boolean {
  return loops.some((head, depth) => {
    const around = loops.slice(0, depth + 1);
    if (later.some((other) => agreeIn(around, other.position, run.position))) return false;
    return mayStillCome(graph, state, head, restrictTo(around, run.position));
  });
}

function mayStillCome(graph: WorkflowGraph, state: RunState, task: string, position: Position): boolean {
  for (const run of activeRuns(graph, state)) if (mayLeadTo(graph, run, { task, position })) return true;
  return false;
}

const isBare = (position: Position): boolean => Object.keys(position).length === 0;

const isPowerOfTwo = (count: number): boolean => count > 0 && (count & (count - 1)) === 0;
