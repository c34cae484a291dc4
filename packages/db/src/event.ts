import type { Id, Instant, Json, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import { jsonText } from './json-text.ts';

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
  /** An id that was taken for it. @default the next one */
  id?: Id | undefined;
  trigger: Id;
  trigger_ref: string;
  payload: Json;
  headers: JsonObject | null;
  source_ref: string | null;
  /** The execution that emitted it. */
  cause: Id | null;
}

const columns = sql.raw('id, trigger, trigger_ref, payload, headers, created, rule, rule_set, matched_at, match_error');

/** Inserts events in one statement.
 *  @returns their ids in the order given. */
export async function insertMany(tx: Tx, events: readonly NewEvent[]): Promise<Id[]> {
  if (events.length === 0) return [];
  const rows = await tx.many<{ id: Id }>(sql`
    insert into event (id, trigger, trigger_ref, payload, headers, source_ref, cause)
    select coalesce(x.id, nextval('attune.event_id_seq')), x.trigger, x.trigger_ref, x.payload, x.headers, x.source_ref, x.cause
    from unnest(${events.map((one) => one.id ?? null)}::bigint[], ${events.map((one) => one.trigger)}::bigint[], ${events.map((one) => one.trigger_ref)}::text[],
        ${events.map((one) => jsonText(one.payload))}::text[]::jsonb[], ${events.map((one) => jsonText(one.headers))}::text[]::jsonb[],
        ${events.map((one) => one.source_ref)}::text[], ${events.map((one) => one.cause)}::bigint[])
      with ordinality as x(id, trigger, trigger_ref, payload, headers, source_ref, cause, place)
    -- ids are given in this order
    order by x.place
    returning id`);
  return rows.map(({ id }) => id);
}

export const find = (tx: Tx, id: Id): Promise<EventRow | undefined> =>
  tx.maybe<EventRow>(sql`select ${columns} from event where id = ${id}`);

/** Most bytes of payloads, as they are stored, that are read in one batch, but for one event that has more. */
const batchBytes = 4 * 2 ** 20;

/** The oldest events whose rules were not matched yet, locked; rows that another executor holds are passed over. Fewer than `limit` where
 *  their payloads are large. */
export const lockUnmatched = (tx: Tx, limit: number): Promise<EventRow[]> =>
  tx.many<EventRow>(sql`
    with locked as materialized (
      select ${columns}, coalesce(pg_column_size(payload), 0) as size from event where matched_at is null
      order by id limit ${limit} for update skip locked)
    select ${columns} from (select *, sum(size) over (order by id) - size as before from locked) as sized
    where before < ${batchBytes} order by id`);

/** Marks events as matched, each with the rule set it met. */
export const markMatched = (tx: Tx, matched: readonly { id: Id; rule_set: string }[]): Promise<number> =>
  tx.run(sql`
    update event e set matched_at = attune.clock(), rule_set = x.rule_set, updated = attune.clock()
    from unnest(${matched.map(({ id }) => id)}::bigint[], ${matched.map((one) => one.rule_set)}::text[]) as x(id, rule_set)
    where e.id = x.id`);

/** Sets an event aside that could not be matched at all, with the reason, so that it harms no other. */
export const setAside = (tx: Tx, id: Id, error: JsonObject): Promise<number> =>
  tx.run(sql`
    update event set matched_at = attune.clock(), match_error = ${jsonb(error)}, updated = attune.clock()
    where id = ${id} and matched_at is null`);
