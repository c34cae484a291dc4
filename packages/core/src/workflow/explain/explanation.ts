import type { Proof } from '../../expression/proof.ts';
import type { JsonObject } from '../../json.ts';
import type { DecidedTarget } from '../conductor/decision.ts';
import type { Outcome } from '../conductor/step.ts';

/** What a run of a workflow did and why, what it waits for, and what may still come of it. Plain JSON with the names of the API; keys
 *  may be added, and never change their meaning. */
export type RunExplanation = {
  /** Whether deciding everything again gives what was recorded. */
  replay: ReplayVerdict;
  /** As they stand now; secrets are masked. */
  variables: JsonObject;
  /** Why the run fails, or failed, in the order in which this was found. */
  failures: string[];
  /** In the order of the file. */
  tasks: TaskExplanation[];
};

/** From `step` on nothing is proven: what is shown of these steps is what was recorded. */
export type ReplayVerdict =
  { agrees: true; step: null; message: null } | { agrees: false; step: number; message: string };

/** Where a task stands in a run: a closed list, part of the API as the reasons of an execution are. */
export const taskStates = {
  active: 'A run of it is under way: its attempts say why they are where they are',
  waiting_for_join: 'Transitions led to it; its join is not met yet and may still be',
  not_reached: 'It has not run yet, and something that is under way may still lead to it',
  ended: 'It ran, and its last run has ended',
  skipped: 'Its condition was false when a transition led to it last',
  refused: 'It was to run and could not: its condition could not be evaluated, or it had run as often as it may',
  join_unmet: 'Transitions led to it, and nothing that is under way leads to it any more: its join is never met',
  no_path: 'It did not run, and nothing that is under way leads to it',
  run_failing: 'It did not run, and the run of the workflow was made to fail: nothing more starts',
  run_canceling: 'It did not run, and the run of the workflow was cancelled: nothing more starts',
  run_ended: 'It did not run, and the run of the workflow has ended',
} as const;

export type TaskState = keyof typeof taskStates;

/** Why items of a task have not started: a closed list as well. */
export const itemStates = {
  waiting_for_item_slot: 'As many items are under way as may be; the next one starts when one of them ends',
  items_stopped: 'An item has failed, or was cancelled, or the run of the workflow fails: no more items start',
} as const;

export type ItemState = keyof typeof itemStates;

export type TaskExplanation = {
  task: string;
  action_ref: string;
  state: TaskState;
  /** The state in one sentence, about this task. */
  message: string;
  /** Whether the run of the workflow begins with it. */
  is_entry: boolean;
  /** Every transition that names it, in the order of the file. */
  led_to_by: LeadingTransition[];
  /** Positions at which transitions led to its join while it is not met. */
  joins: WaitingJoin[];
  /** Runs that could not begin. */
  refusals: { because: Arrival | null; position: PositionJson; reason: string }[];
  /** The last runs of it, oldest first. */
  runs: TaskRunExplanation[];
  /** How many there were. */
  runs_total: number;
};

/** Iteration number of each loop passed, by the loop's head. */
export type PositionJson = Record<string, number>;

/** A transition that names a task, and what it has come to so far. */
export type LeadingTransition = {
  task: string;
  /** Its place in that task's `next`, from 0. */
  index: number;
  /** The condition as it is written; null: always. */
  condition: string | null;
  /** How often it was evaluated, and how often it fired. */
  evaluated: number;
  fired: number;
  may_still_fire: boolean;
};

/** Transitions of one run that fired and named a task, by their places in `next`. */
export type Arrival = { task: string; visit: number; transitions: number[] };

export type WaitingJoin = {
  position: PositionJson;
  /** How many different tasks have to lead to it. */
  needed: number;
  arrived: string[];
  missing: { task: string; may_still_come: boolean }[];
};

export type TaskRunExplanation = {
  visit: number;
  position: PositionJson;
  /** Why it ran, or was skipped: what led to it; empty where the run of the workflow begins with it. */
  because: Arrival[];
  /** The task's own `when`; null where it has none. */
  when: ProvenCondition | null;
  /** How it ended; `skipped` did not run; null: it has not ended. */
  outcome: Outcome | 'skipped' | null;
  items: ItemsExplanation | null;
  /** Every transition, in order; none before it has ended. */
  transitions: TransitionExplanation[];
  /** What became of the tasks and reserved words that fired transitions named. */
  led_to: TargetExplanation[];
  /** Failed attempts about which the retry policy decided; the last ones. */
  retries: RetryExplanation[];
};

/** The items of a task; with `batch_size` its chunks. */
export type ItemsExplanation = {
  count: number;
  /** Items below this index were started. */
  released: number;
  /** Ends of items, retried attempts left out. */
  ended: Record<'succeeded' | 'failed' | 'timed_out' | 'cancelled', number>;
  /** Why the others have not started; null where all have, or the task has ended. */
  rest: { state: ItemState; message: string } | null;
};

/** A condition with its value and, where it can be computed again, the proof of it. */
export type ProvenCondition = {
  /** As it is written. */
  condition: string;
  /** Null where it could not be evaluated. */
  value: boolean | null;
  proof: Proof | null;
  error: string | null;
};

export type TransitionExplanation = {
  /** Its place in the task's `next`, from 0. */
  index: number;
  /** Null: it always fires. */
  when: ProvenCondition | null;
  fired: boolean;
  /** The variables it set, with their values; secrets are masked. */
  published: JsonObject;
  /** The targets it names. */
  do: string[];
  /** What went wrong in its condition or its publish. */
  error: string | null;
};

export type TargetExplanation = {
  task: string;
  fate: DecidedTarget['fate'];
  /** Of the run that came of it. */
  visit: number | null;
  reason: string | null;
};

export type RetryExplanation = {
  item: number | null;
  attempt: number;
  outcome: Outcome;
  /** Number of the retry that follows; null: none, for `on_error` was false. */
  retry_count: number | null;
  delay_seconds: number | null;
  on_error: ProvenCondition | null;
};

/** Most runs of one task that are shown, and most retries of one run. */
export const mostRunsShown = 100;
