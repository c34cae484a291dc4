import type { ExecutionStatus, Finished, Json, JsonObject, Move } from '@attune/core';

/** How an attempt ended, as its worker reports it. */
export interface Outcome {
  kind: 'succeeded' | 'failed' | 'timed_out' | 'cancelled';
  /** The result view: exit_code, duration_ms, succeeded, stdout, data, error ... */
  result: JsonObject;
  /** Events that the action emits by ending: recorded in the transaction that ends it, so exactly once. */
  events?: { trigger_ref: string; payload: Json }[];
}

/** The moves that an outcome may make, the first that leads on. Nobody cancelled it, yet it was stopped: that is a failure. */
export const movesOf: Readonly<Record<Outcome['kind'], readonly Move[]>> = {
  succeeded: ['succeed'],
  failed: ['fail'],
  timed_out: ['expire'],
  cancelled: ['stop', 'fail'],
};

/** What a workflow is told about a task whose execution has this status. */
export function outcomeOf(status: ExecutionStatus): Finished['outcome'] {
  switch (status) {
    case 'completed':
      return 'succeeded';
    case 'failed':
      return 'failed';
    case 'timeout':
      return 'timed_out';
    case 'abandoned':
      return 'abandoned';
    case 'cancelled':
      return 'cancelled';
    default:
      throw new Error(`An execution with status '${status}' has not ended`);
  }
}
