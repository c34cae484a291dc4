import type { EventOutcome } from '../follow/await-event.ts';
import { between, formatDuration } from './duration.ts';
import { formatExplanation } from './event.ts';
import { reasonOf } from './execution.ts';
import type { Paint } from './paint.ts';
import { safeLine } from './safe-text.ts';
import { paintStatus, statusMark } from './status.ts';

/** What became of an event: what each rule made of it, and how the executions ended. */
export function formatEventOutcome({ event, executions }: EventOutcome, paint: Paint): string {
  const lines = executions.map((one) => {
    const ms = between(one.started_at, one.completed_at);
    const reason = one.status === 'completed' ? undefined : reasonOf(one.result);
    return [
      `${statusMark(one.status, paint)} execution ${one.id}  ${safeLine(one.action_ref)}  ${paintStatus(one.status, paint)}`,
      ms === undefined ? '' : `  ${paint.dim(formatDuration(ms))}`,
      reason === undefined ? '' : `: ${safeLine(reason)}`,
    ].join('');
  });
  return [`Event ${event.id} of ${safeLine(event.trigger_ref)}`, formatExplanation(event, paint), ...lines].join('\n');
}
