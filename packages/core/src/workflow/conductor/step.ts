import type { Instant } from '../../execution/execution.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Position } from '../graph/position.ts';
import type { WorkflowSecrets } from '../secrets/secrets.ts';
import type { Decision } from './decision.ts';
import type { TaskLists } from './list-tasks.ts';
import type { RunState } from './state.ts';

/** What expressions of a run may read that never changes while it runs. */
export interface RunFacts {
  /** The workflow's own parameters, defaults filled. */
  parameters: JsonObject;
  /** Configuration of the workflow's pack. */
  config: JsonObject;
  keystore: JsonObject;
  /** When the run really began, also after a restart. */
  workflow_start: Instant;
  /** What of all that is secret, and where it goes; undefined: nothing is. */
  secrets?: WorkflowSecrets;
}

/** The end of one attempt of a task. */
export interface Finished {
  task: string;
  visit: number;
  attempt: number;
  outcome: Outcome;
  /** The item's index, of a task with items (with `batch_size`: the chunk's number). @default null */
  item?: number | null;
  /** As the execution's row holds it. */
  result: Json;
  /** False where the attempt could not even start (unknown action, parameters that do not fit): another attempt would not either,
   *  so the retry policy does not apply. @default true */
  started?: boolean;
}

/** How an attempt ended. `abandoned`: its worker was lost. */
export type Outcome = 'succeeded' | 'failed' | 'timed_out' | 'abandoned' | 'cancelled';

/** The first attempt of a run of a task, to be created now. */
export interface TaskStart {
  task: string;
  visit: number;
  attempt: number;
  retry_count: number;
  max_retries: number;
  position: Position;
  /** Which of how many items (with `batch_size`: chunks), from 0; null where the task has none. */
  item: { index: number; count: number } | null;
  /** The task whose transition started this one; null for entry tasks. */
  triggered_by: string | null;
  action: string;
  input: JsonObject;
  delay_seconds: number;
  /** From the task; null: the action's own limit. */
  timeout_seconds: number | null;
  /** Why it cannot start. It is then recorded as failed and told to the conductor like any end. */
  error: StartError | null;
}

export type StartError = {
  kind: string;
  /** Names the place in the workflow. */
  message: string;
  expression?: string;
  line?: number;
  column?: number;
  /** JSON pointer into the task's input. */
  pointer?: string;
};

/** The list of a run of a task with items, as it was rendered when the run began. */
export interface ItemList {
  task: string;
  visit: number;
  elements: Json[];
  /** Whether a secret may stand in it: then it is kept sealed. */
  secret: boolean;
}

/** What one decision of the conductor comes to. */
export interface Step {
  state: RunState;
  variables: JsonObject;
  /** In the order in which they start. */
  start: TaskStart[];
  /** Set where the finished attempt will be followed by another after a delay. */
  retry: {
    task: string;
    visit: number;
    item: number | null;
    attempt: number;
    retry_count: number;
    delay_seconds: number;
  } | null;
  /** Lists that tasks with items go through from now on, to be kept in the run's record. */
  lists: ItemList[];
  skipped: { task: string; visit: number; reason: string }[];
  /** To be appended to the run's record, never changed. */
  decision: Decision;
  /** Set once, when nothing runs or waits any more. */
  outcome: RunOutcome | null;
  /** Where the tasks stand; found out when it is read, for that takes longer the more tasks there are. */
  readonly tasks: TaskLists;
}

export type RunOutcome = { status: 'completed' | 'failed' | 'cancelled'; result: JsonObject };

/** What was recorded of a run and may be read in the middle of a decision, so it has to be at hand. */
export interface Recorded {
  /** The result of an earlier run of a task, as its row holds it; of a task with items the list of them, null in the place of an
   *  item that did not succeed. Undefined where it was not loaded: {@link neededFor} names all that may be asked for. */
  result: (task: string, visit: number) => Json | undefined;
  /** Elements of the list that a run of a task with items goes through, from an index up to but not including another. */
  elements: (task: string, visit: number, from: number, to: number) => readonly Json[];
  /** The whole list as it was kept when that run of the task began, where a run is decided again; it is not rendered anew then. */
  list?: (task: string, visit: number) => readonly Json[] | undefined;
}
