import type { Json, JsonObject } from '../../json.ts';
import { nodeOf, type WorkflowGraph } from '../graph/graph.ts';
import type { Position } from '../graph/position.ts';
import type { Decision } from './decision.ts';
import { isQuiet as isQuietRun, stopped } from './items-run.ts';
import { activeRuns, putItems, removeRun, setStanding, type RunState } from './state.ts';
import type { ItemList, Recorded, RunFacts, Step, TaskStart } from './step.ts';
import type { Witness } from './witness.ts';

/** One decision in the making: the run as it stands, and what was decided so far. The functions around it change it in place; it
 *  begins with copies, so nothing the caller gave is changed. */
export interface Turn {
  readonly graph: WorkflowGraph;
  readonly facts: RunFacts;
  /** What was recorded before this step. Ask {@link resultOf} for results. */
  readonly recorded: Recorded;
  /** Results that came with this step, by {@link resultKey}. */
  readonly results: Map<string, () => Json>;
  readonly witness: Witness | undefined;
  readonly state: RunState;
  readonly variables: JsonObject;
  readonly start: TaskStart[];
  readonly skipped: Step['skipped'];
  readonly lists: ItemList[];
  readonly decision: Decision;
  /** Targets of fired transitions that were not acted on yet. What is here starts, even if the run is made to fail meanwhile. */
  readonly queue: Arrival[];
  /** Tasks whose lists in the state grew. */
  readonly touched: Set<string>;
}

/** A run of a task that ended or was skipped, with what its transitions may ask about it. */
export interface EndedTask {
  task: string;
  visit: number;
  position: Position;
  outcome: 'succeeded' | 'failed' | 'timed_out' | 'abandoned' | 'skipped';
  /** The result as `result()` shows it; it is not read before somebody asks. */
  view: () => Json;
}

/** A fired transition on its way to a task. */
export interface Arrival {
  task: string;
  by: EndedTask;
}

export const resultKey = (task: string, visit: number): string => `${visit} ${task}`;

/** The result of a run of a task that has ended, undefined where it is not at hand. */
export const resultOf = ({ results, recorded }: Turn, task: string, visit: number): Json | undefined =>
  results.get(resultKey(task, visit))?.() ?? recorded.result(task, visit);

/** Makes the run fail: no transition is evaluated from now on and no retry is made. Retries that wait are given up. */
export function failRun(turn: Turn, reason: string): void {
  const { state, decision } = turn;
  decision.failures = [...(decision.failures ?? []), reason];
  state.failure ??= reason;
  for (const [task, runs] of Object.entries(state.active)) {
    for (const [visit, { waits }] of Object.entries(runs)) if (waits === true) giveUp(turn, task, Number(visit));
  }
  for (const [task, runs] of Object.entries(state.items)) {
    for (const [visit, run] of Object.entries(runs)) {
      const rest = stopped(run);
      putItems(state, task, Number(visit), rest);
      if (isQuietRun(rest)) giveUp(turn, task, Number(visit));
    }
  }
}

function giveUp({ graph, state }: Turn, task: string, visit: number): void {
  removeRun(state, task, visit);
  setStanding(state, nodeOf(graph, task), 'given_up');
}

export const isFailing = (turn: Turn): boolean => turn.state.failure !== null;

export const isQuiet = (turn: Turn): boolean => activeRuns(turn.graph, turn.state).next().done === true;
