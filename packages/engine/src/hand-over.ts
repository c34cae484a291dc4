import type { Id } from '@attune/core';
import type { NewExecution } from '@attune/db';

/** A worker that takes the next tasks as they are created, in the places of those whose end it reports. */
export interface HandOver {
  worker: Id;
  /** Most tasks it takes, by runtime; runtimes of one lane share its number. */
  lanes: readonly { runtimes: readonly string[]; limit: number }[];
}

/** Makes of a row that waits for a worker one that has been taken, while there is a place. */
export type Taker = (row: NewExecution) => NewExecution;

/** A taker for one transaction, which counts what it takes. */
export function takerOf(handOver: HandOver | undefined): Taker {
  if (handOver === undefined) return (row) => row;
  const lanes = handOver.lanes.map((lane) => ({ ...lane }));
  return (row) => {
    const { status, runtime, delay_seconds, revision } = row;
    if (status !== 'scheduled' || runtime === null || revision === null || delay_seconds > 0) return row;
    const lane = lanes.find((one) => one.limit > 0 && one.runtimes.includes(runtime));
    if (lane === undefined) return row;
    lane.limit -= 1;
    return { ...row, status: 'running', worker: handOver.worker };
  };
}
