import type { AttuneClient, Event, Execution } from '@attune/client';
import type { Id } from '@attune/core';
import { safeLine } from '../output/safe-text.ts';
import type { Run } from '../run.ts';
import { awaitEnd } from './await-end.ts';
import { paced } from './pace.ts';
import { withPatience } from './patience.ts';
import { progressLine } from './progress-line.ts';

/** What an event led to, once nothing more comes of it directly: events that its executions emitted are not awaited. */
export interface EventOutcome {
  event: Event;
  /** The executions its rules started, as they ended. */
  executions: Execution[];
}

/** Waits until an event's rules were matched, every match became an execution, and these have ended.
 *  @throws StoppedWaiting */
export function awaitEvent(run: Run, client: AttuneClient, id: Id, timeout: number | undefined): Promise<EventOutcome> {
  const line = progressLine(run.terminal, () => performance.now());
  const goesOn = `'npx attune event show ${id}' shows what became of event ${id}`;
  const wait = async (signal: AbortSignal): Promise<EventOutcome> => {
    line.say(`event #${id} waits for its rules`);
    const look = async (execution: Id) => (await client.getExecution({ path: { id: execution } })).data;
    const say = (now: Execution) => line.say(`${safeLine(now.action_ref)} #${now.id} ${now.status}`);
    for (let event = await awaitEnactment(client, id, signal); ;) {
      const ids = lastAttempts(event);
      const executions: Execution[] = [];
      for (const one of ids) executions.push(await awaitEnd(look, one, signal, say));
      // an attempt that was lost may have a successor by now
      event = (await client.getEvent({ path: { id } })).data;
      if (lastAttempts(event).join() === ids.join()) return { event, executions };
    }
  };
  return withPatience(run.terminal, timeout, goesOn, wait).finally(() => line.end());
}

/** Looks at an event until its rules were matched and no match is without an outcome. */
async function awaitEnactment(client: AttuneClient, id: Id, signal: AbortSignal): Promise<Event> {
  const pace = paced(signal);
  for (;;) {
    const event = (await client.getEvent({ path: { id } })).data;
    const isEnacted = event.explanation.rules.every(({ enforcement }) => enforcement?.status !== 'created');
    if (event.matched_at !== null && isEnacted) return event;
    await pace.next();
  }
}

/** The execution of each match; where it was started again, the newest attempt. */
const lastAttempts = (event: Event): Id[] =>
  event.explanation.rules.flatMap(({ enforcement }) => enforcement?.executions.slice(-1) ?? []);
