import type { WorkflowGraph } from '../graph/graph.ts';
import { standingIn, type Standing } from './standing.ts';
import { activeRuns, type RunState } from './state.ts';

/** Where the tasks of a run stand, each in one list at most, in the order of the file. */
export interface TaskLists {
  /** Those that run or wait for a retry. */
  current_tasks: string[];
  /** A handled failure counts as completed. */
  completed_tasks: string[];
  failed_tasks: string[];
  skipped_tasks: string[];
}

export function listTasks(graph: WorkflowGraph, state: RunState): TaskLists {
  const current = new Set<string>();
  for (const { task } of activeRuns(graph, state)) current.add(task);
  const lists: TaskLists = { current_tasks: [], completed_tasks: [], failed_tasks: [], skipped_tasks: [] };
  for (const node of graph.nodes) {
    const { name } = node.definition;
    if (current.has(name)) lists.current_tasks.push(name);
    else listOf(lists, standingIn(state.tasks, node))?.push(name);
  }
  return lists;
}

/** The list for what stands like this and does not run; undefined: none. */
function listOf(lists: TaskLists, standing: Standing): string[] | undefined {
  switch (standing) {
    case 'completed':
      return lists.completed_tasks;
    case 'failed':
    case 'given_up':
      return lists.failed_tasks;
    case 'skipped':
      return lists.skipped_tasks;
    default:
      return undefined;
  }
}
