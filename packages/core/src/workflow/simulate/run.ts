import type { Json, JsonObject } from '../../json.ts';
import type { Outcome, Recorded, RunFacts, Step, TaskStart } from '../conductor/step.ts';
import type { WorkflowGraph } from '../graph/graph.ts';
import type { KnownAction } from './known-action.ts';
import type { RunName } from './simulation.ts';
import type { AttemptName, ResultSource } from './source.ts';

/** One run of a workflow that is simulated: the outermost or a nested one. It changes in place. */
export interface Run {
  name: RunName;
  graph: WorkflowGraph;
  facts: RunFacts;
  source: ResultSource;
  /** As the last step left it; undefined before the first. */
  now: Pick<Step, 'state' | 'variables'> | undefined;
  /** By task and visit, of the last attempt that ended; of a task with items the list of them. */
  results: Map<string, Json>;
  /** The lists that tasks with items go through, by task and visit. */
  lists: Map<string, readonly Json[]>;
  /** The attempt of the run above that this run is. */
  parent: Attempt | null;
  /** So far, as the record counts them. */
  steps: number;
  hasEnded: boolean;
}

/** An attempt of a task that exists and has not ended. */
export interface Attempt {
  run: Run;
  name: AttemptName;
  start: TaskStart;
  /** Undefined where there is no such action. */
  action: KnownAction | undefined;
  /** Defaults filled. */
  input: JsonObject;
  /** Retries before it. */
  retry_count: number;
  /** Why it cannot start; undefined if it can. */
  error: Json | undefined;
}

export const newRun = (
  graph: WorkflowGraph,
  facts: RunFacts,
  { name, source, parent }: Pick<Run, 'name' | 'source' | 'parent'>,
): Run => ({
  name,
  graph,
  facts,
  source,
  now: undefined,
  results: new Map(),
  lists: new Map(),
  parent,
  steps: 0,
  hasEnded: false,
});

/** Whether the run and all above it go on. */
export const isLive = (run: Run): boolean => !run.hasEnded && (run.parent === null || isLive(run.parent.run));

export const resultKey = ({ task, visit }: { task: string; visit: number }): string => `${visit} ${task}`;

/** What a decision may read of what happened before. */
export const recordedOf = (run: Run): Recorded => ({
  result: (task, visit) => run.results.get(resultKey({ task, visit })),
  elements: (task, visit, from, to) => run.lists.get(resultKey({ task, visit }))?.slice(from, to) ?? [],
});

/** Keeps a result where later decisions look for it: of an item in its place of the list, null where it did not succeed. */
export function keepResult({ run, name, start }: Attempt, outcome: Outcome, result: Json): void {
  const key = resultKey(name);
  if (name.item === null) {
    run.results.set(key, result);
    return;
  }
  const before = run.results.get(key);
  const list = Array.isArray(before) ? before : Array.from({ length: start.item?.count ?? 0 }, () => null);
  list[name.item] = outcome === 'succeeded' ? result : null;
  run.results.set(key, list);
}

/** The run as its last step left it. */
export function stateOf(run: Run): NonNullable<Run['now']> {
  if (run.now === undefined) throw new Error('The run has not begun');
  return run.now;
}
