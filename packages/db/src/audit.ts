import type { Id, Instant, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

export type AuditCategory = 'auth' | 'secret' | 'admin' | 'pack';
export type AuditOutcome = 'success' | 'failure' | 'denied';

/** Who did what to which thing, and whether it succeeded. Written in the transaction of the deed it tells of. */
export interface AuditEntry {
  category: AuditCategory;
  /** What was done, e.g. `auth.login`, `rule.disable`. */
  event_type: string;
  outcome: AuditOutcome;
  /** Null where nobody was identified. */
  actor_identity: Id | null;
  /** The login as it was given; of a failed attempt it may name nobody. */
  actor_login: string | null;
  resource_type: string | null;
  resource_ref: string | null;
  request_id: string | null;
  details: JsonObject | null;
}

export interface AuditRow extends AuditEntry {
  id: Id;
  created: Instant;
}

export const insert = (tx: Tx, entry: AuditEntry): Promise<number> =>
  tx.run(sql`
    insert into audit_event (category, event_type, outcome, actor_identity, actor_login, resource_type, resource_ref,
      request_id, details)
    values (${entry.category}, ${entry.event_type}, ${entry.outcome}, ${entry.actor_identity}, ${entry.actor_login},
      ${entry.resource_type}, ${entry.resource_ref}, ${entry.request_id}, ${jsonb(entry.details)})`);
