import type { Id, Instant, Json } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import { page, whereGiven, type Page, type PageRequest } from './page.ts';

export interface EventSummary {
  id: Id;
  trigger: Id | null;
  trigger_ref: string;
  source_ref: string | null;
  /** The execution that emitted it. */
  cause: Id | null;
  created: Instant;
  /** When its rules were matched; null: not yet. */
  matched_at: Instant | null;
}

export interface EventDetail extends EventSummary {
  payload: Json;
  headers: Json;
  /** Revision of the rule set it met. */
  rule_set: string | null;
}

export interface EventFilters {
  trigger_ref?: string | undefined;
  source_ref?: string | undefined;
  cause?: Id | undefined;
}

const summary = sql.raw('id, trigger, trigger_ref, source_ref, cause, created, matched_at');

export const eventPage = (tx: Tx, filters: EventFilters, request: PageRequest): Promise<Page<EventSummary>> =>
  page<EventSummary>(
    tx,
    sql`select ${summary} from event`,
    sql`id`,
    [
      whereGiven(filters.trigger_ref, (ref) => sql`trigger_ref = ${ref}`),
      whereGiven(filters.source_ref, (ref) => sql`source_ref = ${ref}`),
      whereGiven(filters.cause, (id) => sql`cause = ${id}`),
    ],
    request,
  );

export const findEvent = (tx: Tx, id: Id): Promise<EventDetail | undefined> =>
  tx.maybe<EventDetail>(sql`select ${summary}, payload, headers, rule_set from event where id = ${id}`);

/** Those of these events that there are. */
export const findEvents = (tx: Tx, ids: readonly Id[]): Promise<EventSummary[]> =>
  tx.many<EventSummary>(sql`select ${summary} from event where id = any(${ids}::bigint[])`);
