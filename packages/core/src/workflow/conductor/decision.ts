import type { JsonObject } from '../../json.ts';
import type { Outcome, RunOutcome } from './step.ts';

/** The record of one step: what was told, what was evaluated and with which answers, and what came of it. Together with the
 *  results of the attempts it names, it explains a run and lets one replay it. */
export type Decision = {
  /** Null for the beginning of the run. */
  finished: { task: string; visit: number; attempt: number; outcome: Outcome } | null;
  /** Why the end was not acted on: it is of an attempt that the run does not wait for. */
  ignored?: string;
  /** Another attempt follows; no transition is evaluated before the last one. */
  retry?: { retry_count: number; delay_seconds: number };
  /** Every transition that was evaluated, in this order. */
  transitions: EvaluatedTransition[];
  /** Every target that was named by a fired transition, in the order they were acted on; the entries of a run that begins. */
  targets: DecidedTarget[];
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
};
