import type { JsonObject } from '../../json.ts';
import type { Outcome, RunOutcome } from './step.ts';

/** The record of one step: what was told, what was evaluated and with which answers, and what came of it. Together with the
 *  results of the attempts it names, it explains a run and lets one replay it. */
export type Decision = {
  /** Null for the beginning of the run. `started` is there where the attempt never started. */
  finished: { task: string; visit: number; item?: number; attempt: number; outcome: Outcome; started?: false } | null;
  /** Why the end was not acted on: it is of an attempt that the run does not wait for. */
  ignored?: string;
  /** Another attempt follows; no transition is evaluated before the last one. */
  retry?: { retry_count: number; delay_seconds: number };
  /** Every transition that was evaluated, in this order. */
  transitions: EvaluatedTransition[];
  /** Every target that was named by a fired transition, in the order they were acted on; the entries of a run that begins. */
  targets: DecidedTarget[];
  /** Items that were released, of the tasks that have any, from one index up to but not including another. */
  released?: { task: string; visit: number; from: number; to: number }[];
  /** Why the run fails, where this step made it fail. */
  failures?: string[];
  outcome?: RunOutcome;
};

export type EvaluatedTransition = {
  task: string;
  visit: number;
  /** Its place in the task's `next`, from 0. */
  index: number;
  fired: boolean;
  /** The variables it set, with their values. */
  published?: JsonObject;
  /** What went wrong in its condition or its publish. */
  error?: string;
};

export type DecidedTarget = {
  task: string;
  /** The run whose transition named it; absent for entries. */
  by?: { task: string; visit: number };
  /** `dropped`: it has started for this position already. `waiting`: its join is not met yet. `refused`: the run fails instead. */
  fate: 'started' | 'skipped' | 'dropped' | 'waiting' | 'refused' | 'noop' | 'fail';
  /** Of the run that was started or skipped. */
  visit?: number;
  position?: Record<string, number>;
  reason?: string;
  /** How many items a task has that was started; with `batch_size` how many chunks. */
  items?: number;
  /** What is right, but perhaps not what was meant. */
  warning?: string;
};
