import type { Check } from './check.ts';
import { groupBy } from './check.ts';

/** What was accepted is there, once, under the id that was answered; what was not accepted is not. */
export const accepted: Check = ({ journal, executions, events }) => {
  const found: string[] = [...journal.wrong];
  const byId = {
    execution: new Map(executions.map((one) => [one.id, one])),
    event: new Map(events.map((one) => [one.id, one])),
  };
  const firsts = groupBy(
    executions.filter((one) => one.parent === null && one.enforcement === null && one.original_execution === null),
    (one) => one.key,
  );
  const eventsByKey = groupBy(
    events.filter((one) => one.cause === null),
    (one) => one.key,
  );
  for (const { key, operation, ids } of journal.accepted) {
    const kind = operation.kind === 'ping' || operation.kind === 'hook' ? 'event' : 'execution';
    const different = [...new Set(ids)];
    if (different.length > 1) found.push(`${key} was answered with several ids: ${different.join(', ')}`);
    const id = different[0] ?? '';
    const row = byId[kind].get(id);
    if (row === undefined) found.push(`${key} was accepted as ${kind} ${id}, which does not exist`);
    else if (row.key !== key) found.push(`${key} was accepted as ${kind} ${id}, which is that of ${String(row.key)}`);
    const made = (kind === 'execution' ? firsts : eventsByKey).get(key)?.length ?? 0;
    if (made !== 1) found.push(`${key} was accepted once and is there ${made} times`);
  }
  const known = new Set([...journal.accepted.map((one) => one.key), ...journal.unanswered]);
  for (const { id, key } of [...firsts.values(), ...eventsByKey.values()].flat()) {
    if (key !== null && !known.has(key)) found.push(`${id} is there for ${key}, which was never accepted`);
  }
  for (const key of journal.unanswered) found.push(`${key} was not answered although nothing was wrong any more`);
  return found;
};
