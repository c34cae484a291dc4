import type { Id, Instant, Json, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

/** A row of attune.event as the engine reads it. */
export interface EventRow {
  id: Id;
  trigger: Id | null;
  trigger_ref: string;
  payload: Json;
  headers: JsonObject | null;
  created: Instant;
  /** The one rule that may match, where the event is bound to a rule. */
  rule: Id | null;
  /** Revision of the rule set the event met; null until matched. */
  rule_set: string | null;
  matched_at: Instant | null;
  match_error: Json;
}

export interface NewEvent {
  trigger: Id;
  trigger_ref: string;
  payload: Json;
  headers: JsonObject | null;
  source_ref: string | null;
  /** The execution that emitted it. */
  cause: Id | null;
}

const columns = sql.raw('id, trigger, trigger_ref, payload, headers, created, rule, rule_set, matched_at, match_error');

export const insert = (tx: Tx, event: NewEvent): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    insert into event (trigger, trigger_ref, payload, headers, source_ref, cause)
    values (${event.trigger}, ${event.trigger_ref}, ${jsonb(event.payload)}, ${jsonb(event.headers)},
      ${event.source_ref}, ${event.cause})
    returning id`);

export const find = (tx: Tx, id: Id): Promise<EventRow | undefined> =>
  tx.maybe<EventRow>(sql`select ${columns} from event where id = ${id}`);

/** The oldest events whose rules were not matched yet, locked; rows that another executor holds are passed over. */
export const lockUnmatched = (tx: Tx, limit: number): Promise<EventRow[]> =>
  tx.many<EventRow>(sql`
    select ${columns} from event where matched_at is null
    order by id limit ${limit} for update skip locked`);

export const markMatched = (tx: Tx, ids: readonly Id[], ruleSet: string | null): Promise<number> =>
  tx.run(sql`
    update event set matched_at = attune.clock(), rule_set = ${ruleSet}, updated = attune.clock()
    where id = any(${ids}::bigint[])`);

/** Sets an event aside that could not be matched at all, with the reason, so that it harms no other. */
export const setAside = (tx: Tx, id: Id, error: JsonObject): Promise<number> =>
  tx.run(sql`
    update event set matched_at = attune.clock(), match_error = ${jsonb(error)}, updated = attune.clock()
    where id = ${id} and matched_at is null`);
