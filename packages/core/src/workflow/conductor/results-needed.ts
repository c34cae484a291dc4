import { targetsOf } from '../definition.ts';
import { nodeOf, type WorkflowGraph } from '../graph/graph.ts';
import { joined, type TaskNames } from '../program.ts';
import { activeRuns, listOf, type RunState } from './state.ts';

/** The earlier results that may be read when a run of `task` ends: by its own transitions, by what they may start or skip, and, if
 *  nothing else runs, by the `output_map`. Of a task outside all loops that is one run; of one inside, one for each iteration
 *  that somebody may still be in. */
export function resultsNeeded(graph: WorkflowGraph, state: RunState, task: string): { task: string; visit: number }[] {
  const names = tasksRead(graph, state, task);
  const read = names === 'all' ? [...graph.tasks.keys()] : [...graph.tasks.keys()].filter((name) => names.has(name));
  return read.flatMap((name) => {
    const runs = listOf(state.ended, name);
    const wanted = nodeOf(graph, name).loops.length === 0 ? runs.slice(-1) : runs;
    return wanted.filter((run) => !run.skipped).map(({ visit }) => ({ task: name, visit }));
  });
}

function tasksRead(graph: WorkflowGraph, state: RunState, task: string): TaskNames {
  // A run that is made to fail gives up the retries that wait, so only what really runs can keep it from ending.
  const isLast = [...activeRuns(state)].filter((run) => !run.waits).length <= 1;
  // What may be skipped hands on to its own targets at once.
  const ending = state.failure === null ? [task] : [];
  const starting = new Set<string>();
  for (const name of ending) {
    for (const target of targetsOf(nodeOf(graph, name).definition)) {
      if (starting.has(target)) continue;
      starting.add(target);
      if (nodeOf(graph, target).definition.when !== null && !ending.includes(target)) ending.push(target);
    }
  }
  const reads = [
    ...ending.map((name) => graph.programOf(name).reads.ending),
    ...[...starting].map((name) => graph.programOf(name).reads.starting),
  ];
  // A run that only skips tasks from here on ends with this step.
  return [...reads, ...(isLast ? [graph.outputReads()] : [])].reduce(joined, new Set<string>());
}
