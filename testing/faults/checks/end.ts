import { isFinal, type ExecutionStatus } from '@attune/core';
import type { Check } from './check.ts';

/** When the faults have stopped, everything that was accepted comes to its end. */
export const settled: Check = ({ stuck, executions, events }) => [
  ...stuck.map(({ what, reason }) => `${what} did not come to its end: ${reason}`),
  ...executions.flatMap(({ id, status }) =>
    isFinal(status as ExecutionStatus) || stuck.length > 0 ? [] : [`Execution ${id} is ${status} at the end`],
  ),
  ...events.flatMap(({ id, is_matched }) => (is_matched || stuck.length > 0 ? [] : [`Event ${id} was not matched`])),
];

/** What a run decided follows from its record. */
export const replayed: Check = ({ differing }) =>
  differing.map(({ execution, what }) => `Run ${execution}, decided again from its record, differs. ${what}`);

/** No process of an attempt outlives the workers. */
export const cleanedUp: Check = ({ leftovers }) =>
  leftovers.map((pid) => `Process ${pid} of an attempt is still there`);

/** A process that was ready ends only where it was made to. */
export const lasted: Check = ({ exits }) =>
  exits
    .filter((exit) => exit.wasReady && !exit.wasMeant)
    .map(
      ({ process, code, signal, log }) => `The process ${process} ended by itself (${signal ?? String(code)}):\n${log}`,
    );
