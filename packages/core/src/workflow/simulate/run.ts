import type { Json, JsonObject } from '../../json.ts';
import { Memory } from '../conductor/memory.ts';
import type { RunFacts, Step, TaskStart } from '../conductor/step.ts';
import type { WorkflowGraph } from '../graph/graph.ts';
import type { WorkflowSecrets } from '../secrets/secrets.ts';
import type { KnownAction } from './known-action.ts';
import type { RunName } from './simulation.ts';
import type { AttemptName, ResultSource } from './source.ts';

/** One run of a workflow that is simulated: the outermost or a nested one. It changes in place. */
export interface Run {
  name: RunName;
  graph: WorkflowGraph;
  facts: RunFacts;
  /** What is secret to it, and where that goes. */
  secrets: WorkflowSecrets;
  source: ResultSource;
  /** As the last step left it; undefined before the first. */
  now: Pick<Step, 'state' | 'variables'> | undefined;
  /** What its decisions may read of what happened before. */
  memory: Memory;
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
  facts: RunFacts & { secrets: WorkflowSecrets },
  { name, source, parent }: Pick<Run, 'name' | 'source' | 'parent'>,
): Run => ({
  name,
  graph,
  facts,
  secrets: facts.secrets,
  source,
  now: undefined,
  memory: new Memory(graph),
  parent,
  steps: 0,
  hasEnded: false,
});

/** Whether the run and all above it go on. */
export const isLive = (run: Run): boolean => !run.hasEnded && (run.parent === null || isLive(run.parent.run));

/** The run as its last step left it. */
export function stateOf(run: Run): NonNullable<Run['now']> {
  if (run.now === undefined) throw new Error('The run has not begun');
  return run.now;
}
