import { AttuneError, type Id, type Json, type JsonObject } from '@attune/core';
import { events, triggers, type Tx } from '@attune/db';

export interface EventToRecord {
  /** An id that was taken for it. @default the next one */
  id?: Id | undefined;
  trigger_ref: string;
  /** The trigger of that ref, where it is known already. @default it is looked up */
  trigger?: Id;
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
  const [answer] = await recordEvents(tx, [event]);
  if (answer instanceof AttuneError) throw answer;
  if (answer === undefined) throw new Error('One event was to be recorded');
  return { id: answer };
}

/** Records events, in two statements at most however many they are.
 *  @returns in the order given, the id of each, or why that one is refused; the others are not touched by it. */
export async function recordEvents(tx: Tx, given: readonly EventToRecord[]): Promise<(Id | AttuneError)[]> {
  const known = await triggersOf(tx, given);
  const ids = await events.insertMany(
    tx,
    given.flatMap((event) => {
      const trigger = known.get(event.trigger_ref);
      return trigger === undefined
        ? []
        : [
            {
              id: event.id,
              trigger,
              trigger_ref: event.trigger_ref,
              payload: event.payload,
              headers: event.headers ?? null,
              source_ref: event.source_ref ?? null,
              cause: event.cause ?? null,
            },
          ];
    }),
  );
  const inTurn = ids.values();
  return given.map(({ trigger_ref }) => {
    if (!known.has(trigger_ref)) return unknownTrigger(trigger_ref);
    const { value: id } = inTurn.next();
    if (id === undefined) throw new Error('Each event that was recorded was to have an id');
    return id;
  });
}

/** The ids of their triggers by ref; of those that there are. */
async function triggersOf(tx: Tx, given: readonly EventToRecord[]): Promise<Map<string, Id>> {
  const told = given.flatMap(({ trigger_ref, trigger }) =>
    trigger === undefined ? [] : [[trigger_ref, trigger] as const],
  );
  const known = new Map(told);
  const asked = given.map(({ trigger_ref }) => trigger_ref).filter((ref) => !known.has(ref));
  if (asked.length === 0) return known;
  for (const { ref, id } of await triggers.findByRefs(tx, asked)) known.set(ref, id);
  return known;
}

const unknownTrigger = (ref: string): AttuneError =>
  new AttuneError('unknown_ref', `There is no trigger '${ref}'`, {
    details: [
      {
        message: `expected the ref of a registered trigger, as listed by 'attune trigger list'`,
        pointer: '/trigger_ref',
      },
    ],
  });
