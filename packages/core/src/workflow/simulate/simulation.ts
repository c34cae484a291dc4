import type { Json, JsonObject } from '../../json.ts';
import type { Decision } from '../conductor/decision.ts';
import type { Outcome } from '../conductor/step.ts';
import type { ConditionOf } from '../conductor/witness.ts';
import type { ProvenCondition } from '../explain/explanation.ts';
import type { AttemptName, ResultOrigin } from './source.ts';

/** What came of a simulation. Plain JSON: it is what `attune workflow simulate --json` prints. */
export type Simulation = {
  workflow_ref: string;
  /** Those it ran with, defaults filled. */
  parameters: JsonObject;
  status: 'completed' | 'failed' | 'cancelled';
  /** The output and, of a failure, `error`. */
  result: JsonObject;
  variables: JsonObject;
  /** How each task stands at the end, in the order of the file. */
  tasks: Record<string, TaskStanding>;
  duration_seconds: number;
  /** What was decided, in order, nested workflows included. */
  steps: SimulatedStep[];
  /** Attempts of which nobody knew how they end: they succeeded with an empty output. */
  assumed: (AttemptName & { run: RunName })[];
  /** Where it departs from the record that it followed; null where there was none to follow. */
  departures: Departure[] | null;
};

/** The first step of a run that is not as it was recorded. */
export type Departure = {
  run: RunName;
  step: number;
  /** Places in the decision. One side is absent where it has nothing there. */
  differences: Difference[];
};

export type Difference = { pointer: string; recorded?: Json; simulated?: Json };

/** `failed`: without a transition that handled it. `not_run`: no transition led to it, or its join was not met. */
export type TaskStanding = 'completed' | 'failed' | 'skipped' | 'cancelled' | 'not_run';

/** Which run of a workflow: the attempts of nested workflows that lead to it. Empty for the workflow itself. */
export type RunName = AttemptName[];

/** One step of one run: a decision, or the next attempt of a task that comes into being. `step` counts within the run. */
export type SimulatedStep = DecidedStep | SuccessorStep;

export type DecidedStep = {
  kind: 'decided';
  run: RunName;
  step: number;
  at_seconds: number;
  /** The attempt that ended; null for the beginning of the run. */
  ended: EndedAttempt | null;
  /** Exactly what the record of a real run would say. */
  decision: Decision;
  /** Every condition that was evaluated, in order, with the proof of its value. */
  conditions: SimulatedCondition[];
  /** The attempts that came into being. */
  started: StartedAttempt[];
};

export type SuccessorStep = {
  kind: 'successor';
  run: RunName;
  step: number;
  at_seconds: number;
  /** By the retry policy, or because `on_worker_lost` says so. */
  reason: 'retry' | 'restart';
} & AttemptName;

export type EndedAttempt = AttemptName & {
  outcome: Outcome;
  result: Json;
  /** Where the outcome comes from: a source of results, or it follows: `not_started` could not start at all, `workflow` is the end of a
   *  nested one, `time_limit` was stopped. */
  from: ResultOrigin | 'not_started' | 'workflow' | 'time_limit';
};

export type StartedAttempt = AttemptName & {
  action_ref: string;
  /** The parameters, defaults filled. */
  input: JsonObject;
  delay_seconds: number;
  /** The task's limit, else the action's. */
  timeout_seconds: number | null;
  /** Why it cannot start. */
  error?: Json;
};

/** A condition that was evaluated, and whose it is. */
export type SimulatedCondition = ConditionOf & ProvenCondition;
