import type { Check } from './check.ts';
import { groupBy } from './check.ts';
import type { EventFact } from '../evidence.ts';

/** The rules of the load's pack that answer an event. */
const rulesFor = ({ trigger_ref, even }: EventFact): string[] => {
  switch (trigger_ref) {
    case 'faults.ping':
      return even === true ? ['faults.on_ping', 'faults.on_ping_even'] : ['faults.on_ping'];
    case 'faults.hook':
      return ['faults.on_hook'];
    case 'faults.pulse':
      return ['faults.on_pulse'];
    default:
      return [];
  }
};

/** One enforcement for each event and rule that matches it, and one execution for each enforcement. */
export const enforced: Check = ({ events, enforcements, executions }) => {
  const found: string[] = [];
  const made = groupBy(enforcements, (one) => one.event);
  for (const event of events) {
    const expected = rulesFor(event).sort().join(' ');
    const there = (made.get(event.id) ?? []).map((one) => one.rule_ref).sort();
    if (there.join(' ') !== expected) {
      found.push(
        `Event ${event.id} (${event.trigger_ref}) has enforcements of [${there.join(' ')}], expected [${expected}]`,
      );
    }
  }
  const first = executions.filter((one) => one.parent === null && one.original_execution === null);
  const enacted = groupBy(first, (one) => one.enforcement);
  for (const { id, status } of enforcements) {
    const count = enacted.get(id)?.length ?? 0;
    if (status !== 'processed') found.push(`Enforcement ${id} is ${status}`);
    if (count !== 1) found.push(`Enforcement ${id} has ${count} executions`);
  }
  return found;
};

/** An action that emits an event has emitted it once if it completed, and not at all otherwise. */
export const emitted: Check = ({ events, executions }) => {
  const byCause = groupBy(events, (one) => one.cause);
  return executions
    .filter((one) => one.action_ref === 'core.emit_event')
    .flatMap(({ id, status }) => {
      const count = byCause.get(id)?.length ?? 0;
      return count === (status === 'completed' ? 1 : 0)
        ? []
        : [`Execution ${id} is ${status} and emitted ${count} events`];
    });
};
