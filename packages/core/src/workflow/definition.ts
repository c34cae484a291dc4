import type { JsonObject } from '../json.ts';
import type { FlatSchema } from '../schema/flat-schema.ts';

/** A workflow file as everything after the parser sees it: plain JSON, legacy keys rewritten, defaults filled, expressions as
 *  they were written. It is stored, and its canonical JSON names the revision, so a key may be added but never changes its meaning. */
export interface WorkflowDefinition {
  /** `pack.name`, the ref of the action that starts it. */
  ref: string;
  label: string;
  description: string | null;
  version: string;
  /** Null where the workflow takes whatever it is given. */
  parameters: FlatSchema | null;
  /** What the result looks like; documentation, not enforced. */
  output: FlatSchema | null;
  /** The variables a run begins with; literals, never rendered. */
  vars: JsonObject;
  /** In the order of the file, which decides entries, loops, and the order of what starts at one time. */
  tasks: TaskDefinition[];
  /** Templates of the result's keys; null where the workflow has no `output_map`. */
  output_map: Record<string, string> | null;
  tags: string[];
  /** Whether a cancel also stops what runs already. */
  cancellation_policy: 'allow_finish' | 'cancel_running';
  /** Most runs of one task in one run of the workflow. @default 1000 */
  max_visits: number;
}

export interface TaskDefinition {
  name: string;
  /** The ref of the action that carries it out; a nested workflow is an action too. */
  action: string;
  /** Templates of the action's parameters; `inherit` hands the workflow's own parameters on. */
  input: JsonObject | 'inherit';
  /** The task is skipped where this is false; null: never. */
  when: string | null;
  /** A template that gives a list: the task runs once for each of its elements, its items; null: it runs once. */
  with_items: string | null;
  /** Elements that make one item, which then is the list of them; the last may be shorter. Null: each is one. */
  batch_size: number | null;
  /** Most items that run at a time: an integer from 1, or an expression that gives one, or null; null: no limit. */
  concurrency: number | string | null;
  /** Seconds between the decision to start it, or an item of it, and its start. */
  delay: number;
  /** How many predecessors must have fired a transition to it; null: it starts on the first. */
  join: number | 'all' | null;
  retry: RetryPolicy | null;
  /** Longest an attempt may run, in seconds; null: the action's own limit. */
  timeout: number | null;
  /** What becomes of an attempt whose worker was lost; null: what the action says. */
  on_worker_lost: 'fail' | 'restart' | null;
  next: Transition[];
}

export interface RetryPolicy {
  /** Retries after the first attempt, 1 to 100. */
  count: number;
  /** Seconds, before the backoff. */
  delay: number;
  /** Retry n (from 1) waits `delay`, `delay * n` or `delay * 2^(n-1)` seconds. */
  backoff: 'constant' | 'linear' | 'exponential';
  /** Longest wait in seconds; null: no cap. */
  max_delay: number | null;
  /** A failed attempt is retried only where this is true; null: always. */
  on_error: string | null;
}

export interface Transition {
  /** It fires where this is true; null: always. */
  when: string | null;
  /** Variables to set, entry by entry; the keys of one entry see the variables as they were before it. */
  publish: JsonObject[];
  /** Tasks to start, and the reserved targets `noop` and `fail`. */
  do: string[];
}

/** Targets that are no tasks: `noop` handles a failure and does nothing more, `fail` makes the run fail. */
export const reservedTargets = ['noop', 'fail'] as const;
export type ReservedTarget = (typeof reservedTargets)[number];

export const isReservedTarget = (target: string): target is ReservedTarget =>
  (reservedTargets as readonly string[]).includes(target);

export const defaultMaxVisits = 1000;

/** The tasks that a task's transitions name, in order, each once, reserved targets left out. */
export const targetsOf = (task: TaskDefinition): string[] => [
  ...new Set(task.next.flatMap((transition) => transition.do).filter((target) => !isReservedTarget(target))),
];
