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
  const current = new Set([...activeRuns(graph, state)].map((run) => run.task));
  const standing = (...wanted: Standing[]): string[] =>
    graph.nodes
      .filter((node) => !current.has(node.definition.name) && wanted.includes(standingIn(state.tasks, node)))
      .map((node) => node.definition.name);
  return {
    current_tasks: graph.nodes.map((node) => node.definition.name).filter((name) => current.has(name)),
    completed_tasks: standing('completed'),
    failed_tasks: standing('failed', 'given_up'),
    skipped_tasks: standing('skipped'),
  };
}
