import { AttuneError, type Id, type Json, type JsonObject } from '@attune/core';
import { events, triggers, type Tx } from '@attune/db';

export interface EventToRecord {
  trigger_ref: string;
  payload: Json;
  /** HTTP headers by lower-case name, for a webhook. */
  headers?: JsonObject | null;
  /** Where it came from: `webhook`, `api`, an action's ref. */
  source_ref?: string | null;
  /** The execution that emitted it. */
  cause?: Id | null;
}

/** Records an event of a known trigger. Its rules are matched afterwards, by whichever executor gets to it.
 *  @throws AttuneError unknown_ref where no trigger has that ref. */
export async function record(tx: Tx, event: EventToRecord): Promise<{ id: Id }> {
  const trigger = await triggers.findByRef(tx, event.trigger_ref);
  if (trigger === undefined) {
    throw new AttuneError('unknown_ref', `There is no trigger '${event.trigger_ref}'`, {
      details: [
        {
          message: `expected the ref of a registered trigger, as listed by 'attune trigger list'`,
          pointer: '/trigger_ref',
        },
      ],
    });
  }
  return events.insert(tx, {
    trigger: trigger.id,
    trigger_ref: trigger.ref,
    payload: event.payload,
    headers: event.headers ?? null,
    source_ref: event.source_ref ?? null,
    cause: event.cause ?? null,
  });
}
