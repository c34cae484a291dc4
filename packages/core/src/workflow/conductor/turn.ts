import type { JsonObject } from '../../json.ts';
import type { WorkflowGraph } from '../graph/graph.ts';
import type { Position } from '../graph/position.ts';
import type { Decision } from './decision.ts';
import { activeRuns, type RunState } from './state.ts';
import type { Recorded, RunFacts, Step, TaskStart } from './step.ts';
import type { Witness } from './witness.ts';

/** One decision in the making: the run as it stands, and what was decided so far. The functions around it change it in place; it
 *  begins with copies, so nothing the caller gave is changed. */
export interface Turn {
  readonly graph: WorkflowGraph;
  readonly facts: RunFacts;
  readonly recorded: Recorded;
  readonly witness: Witness | undefined;
  readonly state: RunState;
  readonly variables: JsonObject;
  readonly start: TaskStart[];
  readonly skipped: Step['skipped'];
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
  /** The result as `result()` shows it. */
  view: JsonObject[string];
}

/** A fired transition on its way to a task. */
export interface Arrival {
  task: string;
  by: EndedTask;
}

/** Makes the run fail: no transition is evaluated from now on and no retry is made. Retries that wait are given up. */
export function failRun(turn: Turn, reason: string): void {
  const { state, decision } = turn;
  decision.failures = [...(decision.failures ?? []), reason];
  state.failure ??= reason;
  for (const [task, runs] of Object.entries(state.active)) {
    const kept = Object.entries(runs).filter(([, run]) => !run.waits);
    if (kept.length === Object.keys(runs).length) continue;
    const progress = state.tasks[task];
    if (progress !== undefined) progress.status = 'failed';
    if (kept.length > 0) state.active[task] = Object.fromEntries(kept);
    else Reflect.deleteProperty(state.active, task);
  }
}

export const isFailing = (turn: Turn): boolean => turn.state.failure !== null;

export const isQuiet = (turn: Turn): boolean => activeRuns(turn.state).next().done === true;
