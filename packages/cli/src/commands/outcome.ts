import type { AttuneClient } from '@attune/client';
import type { Id, Json } from '@attune/core';
import type { Command } from 'commander';
import { exits } from '../exit.ts';
import { awaitEvent } from '../follow/await-event.ts';
import { seconds } from '../input/number.ts';
import { formatEventOutcome } from '../output/event-outcome.ts';
import { safeLine } from '../output/safe-text.ts';
import type { Run } from '../run.ts';

export interface OutcomeOptions {
  wait?: true;
  timeout?: number;
}

/** What every command takes that records an event. */
export const withOutcome = (command: Command): Command =>
  command
    .option(
      '-w, --wait',
      'wait until its rules were matched and the executions have ended; exit code 0 only if all completed',
    )
    .option('--timeout <seconds>', 'longest to wait; exit code 124 when it is over', seconds);

export interface Recorded {
  id: Id;
  trigger_ref: string;
  /** As the server answered. */
  answer: Json;
  /** What is to be said beside the id. */
  note?: string;
}

/** Shows an event that was recorded, or, where it is awaited, what became of it. @returns the exit code. */
export async function showOutcome(
  run: Run,
  client: AttuneClient,
  options: OutcomeOptions,
  recorded: Recorded,
): Promise<number> {
  const { id, trigger_ref, answer, note = '' } = recorded;
  if (options.wait !== true) {
    await run.show(answer, () => `Event ${id} of ${safeLine(trigger_ref)}${note}`);
    return exits.done;
  }
  const outcome = await awaitEvent(run, client, id, options.timeout);
  await run.show({ ...outcome }, () => formatEventOutcome(outcome, run.paint));
  return outcome.executions.every((one) => one.status === 'completed') ? exits.done : exits.notCompleted;
}
