import type { Database } from '@attune/db';
import { recordEvents, type EventToRecord } from '@attune/engine';
import type { Gathering } from './gathering.ts';
import { groupCommit } from './group-commit.ts';
import { createEach, nameOfOnce, type Created, type Once } from './idempotency.ts';

/** One event that somebody sends. */
export interface SentEvent {
  once: Once;
  event: EventToRecord;
  /** Bytes of the body it came in. */
  size: number;
}

export type EventIngress = Gathering<SentEvent, Created>;

/** The one way in for single events, from webhooks and from the API alike. */
export const eventIngress = (db: Database): EventIngress =>
  groupCommit<SentEvent, Created>(db, {
    sizeOf: ({ size }) => size,
    nameOf: ({ once }) => nameOfOnce(once),
    carryOut: (database, sent) =>
      database.transaction((tx) =>
        createEach(
          tx,
          sent.map(({ once }) => once),
          (places, taken) =>
            recordEvents(
              tx,
              places.flatMap((place, index) => {
                const event = sent[place]?.event;
                return event === undefined ? [] : [{ ...event, id: taken[index] }];
              }),
            ),
        ),
      ),
  });
