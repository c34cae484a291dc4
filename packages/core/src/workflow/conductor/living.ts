import type { WorkflowGraph } from '../graph/graph.ts';
import { numbersIn } from './intervals.ts';
import { attemptOfItem } from './items-run.ts';
import { activeRun, activeRuns, itemsRun, type RunState } from './state.ts';

/** An attempt that the run waits for. */
export interface LivingAttempt {
  task: string;
  visit: number;
  /** Of a task with items; null where the task has none, or they could not be told. */
  item: number | null;
  attempt: number;
  /** It has failed, and the next one is due but does not exist yet. */
  waits: boolean;
}

/** Every attempt that a run waits for: in the order of the file, then of the visits, then of the items. */
export function livingAttempts(graph: WorkflowGraph, state: RunState): LivingAttempt[] {
  const runs = new Map<string, number[]>();
  for (const { task, visit } of activeRuns(graph, state)) runs.set(task, [...(runs.get(task) ?? []), visit]);
  return graph.nodes.flatMap((node) => {
    const task = node.definition.name;
    const visits = (runs.get(task) ?? []).sort((a, b) => a - b);
    return visits.flatMap((visit): LivingAttempt[] => {
      const items = itemsRun(state, task, visit);
      if (items === undefined) {
        const { attempt = 1, waits = false } = activeRun(state, node, visit) ?? {};
        return [{ task, visit, item: null, attempt, waits }];
      }
      return [...numbersIn(items.live)].map((item) => {
        const { attempt = 1, waits = false } = attemptOfItem(items, item, 0) ?? {};
        return { task, visit, item, attempt, waits };
      });
    });
  });
}
