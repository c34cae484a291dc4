import { isFinal, moves, type ExecutionStatus } from '@attune/core';
import type { Check } from './check.ts';
import { groupBy, isInstant } from './check.ts';

/** Every status follows from the one before by the documented machine; nothing changes after the end. */
export const lawful: Check = ({ changes, executions }) => {
  const found: string[] = [];
  const byExecution = groupBy(changes, (one) => one.execution);
  const instants = new Set(executions.flatMap(({ id, action_ref }) => (isInstant(action_ref) ? [id] : [])));
  for (const { id, status } of executions) {
    const steps = byExecution.get(id) ?? [];
    if (steps.at(-1)?.next !== status) found.push(`Execution ${id} is ${status}, which no write that was seen made it`);
  }
  for (const { execution, was, next, result_changed, was_token, next_token } of changes) {
    if (was === null) {
      if (hasRun(next) && !instants.has(execution)) found.push(`Execution ${execution} was created as ${next}`);
      continue;
    }
    const from = was as ExecutionStatus;
    if (was === next) {
      if (isFinal(from) && result_changed)
        found.push(`Execution ${execution} had ended as ${was} and got another result`);
      continue;
    }
    // a claim that was not begun is given back
    const givesBack =
      was === 'running' && (next === 'scheduled' || next === 'requested') && next_token === null && was_token !== null;
    const isRunAtOnce =
      instants.has(execution) && was === 'scheduled' && hasRun(next) && was_token === null && next_token === null;
    if (!givesBack && !isRunAtOnce && !(Object.values(moves[from]) as string[]).includes(next)) {
      found.push(`Execution ${execution} went from ${was} to ${next}, which the machine does not know`);
    }
  }
  return found;
};

/** Ends that only what has run comes to. */
const hasRun = (status: string): boolean => status === 'completed' || status === 'failed';

/** Who ends an attempt holds its lease: a report under another token changes nothing. */
export const fenced: Check = ({ changes, lateReports }) => {
  const found: string[] = [];
  for (const { execution, was, next, was_token, next_token } of changes) {
    if (was !== 'running' && was !== 'canceling') continue;
    if (isFinal(next as ExecutionStatus) && was_token !== next_token) {
      found.push(`Execution ${execution} ended as ${next} and its lease changed hands in the same write`);
    }
  }
  const endings = groupBy(
    changes.filter(({ next }) => next === 'completed' || next === 'failed'),
    (one) => one.execution,
  );
  for (const { execution, lease_token } of lateReports) {
    const recorded = endings.get(execution)?.some((one) => one.next_token === lease_token) === true;
    if (recorded) found.push(`A report about execution ${execution} was both recorded and refused`);
  }
  return found;
};

/** Once a cancel was answered, nothing below it is created alive or begins to run. */
export const cancelled: Check = ({ journal, changes, executions }) => {
  const found: string[] = [];
  const children = groupBy(executions, (one) => one.parent);
  const rows = new Map(executions.map((one) => [one.id, one]));
  const byExecution = groupBy(changes, (one) => one.execution);
  const below = (id: string): string[] => [id, ...(children.get(id) ?? []).flatMap((one) => below(one.id))];
  for (const { execution, answered_at, status } of journal.cancels) {
    if (status !== 200) continue;
    for (const id of below(execution)) {
      for (const { was, next, at } of byExecution.get(id) ?? []) {
        const begins =
          was === null
            ? !isFinal(next as ExecutionStatus) || hasRun(next)
            : next === 'running' || (was === 'scheduled' && hasRun(next));
        if (begins && at > answered_at)
          found.push(
            `Execution ${id} ${was === null ? 'was created' : 'began'} after the cancel of ${execution} was answered`,
          );
      }
    }
    const row = rows.get(execution);
    const isRun = (children.get(execution)?.length ?? 0) > 0;
    if (row !== undefined && isRun && row.status !== 'cancelled')
      found.push(`Run ${execution} was cancelled and is ${row.status}`);
  }
  return found;
};
