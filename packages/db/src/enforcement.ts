import type { Id, Json, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

export interface NewEnforcement {
  rule: Id;
  rule_ref: string;
  trigger_ref: string;
  event: Id;
  /** Revision of the rule that matched. */
  revision: string;
  /** The rendered action parameters; null where they could not be rendered. */
  config: JsonObject | null;
  payload: Json;
  conditions: Json;
  /** Why the enforcement failed, where it did. */
  error: JsonObject | null;
}

export interface PendingEnforcement {
  id: Id;
  rule: Id | null;
  rule_ref: string;
  event: Id | null;
  revision: string;
  config: JsonObject | null;
}

/** Records one match; the same rule and event twice is one enforcement (no row is returned for the second). */
export const insert = (tx: Tx, enforcement: NewEnforcement): Promise<{ id: Id } | undefined> =>
  tx.maybe<{ id: Id }>(sql`
    insert into enforcement (rule, rule_ref, trigger_ref, event, revision, config, payload, conditions, status, error,
      resolved_at)
    values (${enforcement.rule}, ${enforcement.rule_ref}, ${enforcement.trigger_ref}, ${enforcement.event},
      ${enforcement.revision}, ${jsonb(enforcement.config)}, coalesce(${jsonb(enforcement.payload)}, 'null'),
      coalesce(${jsonb(enforcement.conditions)}, '[]'),
      (case when ${enforcement.error === null} then 'created' else 'failed' end)::enforcement_status_enum,
      ${jsonb(enforcement.error)}, case when ${enforcement.error === null} then null else attune.clock() end)
    on conflict (rule, event) where revision is not null do nothing
    returning id`);

/** The oldest enforcements without an execution, locked; rows that another executor holds are passed over. */
export const lockCreated = (tx: Tx, limit: number): Promise<PendingEnforcement[]> =>
  tx.many<PendingEnforcement>(sql`
    select id, rule, rule_ref, event, revision, config from enforcement
    where status = 'created' and revision is not null
    order by id limit ${limit} for update skip locked`);

export const resolve = (
  tx: Tx,
  id: Id,
  status: 'processed' | 'disabled' | 'failed',
  error: JsonObject | null = null,
): Promise<number> =>
  tx.run(sql`
    update enforcement
    set status = ${status}::enforcement_status_enum, error = ${jsonb(error)}, resolved_at = attune.clock(), updated = attune.clock()
    where id = ${id} and status = 'created'`);

export interface EnforcementOutcome {
  rule_ref: string;
  id: Id;
  status: string;
  error: JsonObject | null;
  executions: Id[];
}

/** What an event led to: its enforcements and the executions of each. */
export const ofEvent = (tx: Tx, event: Id): Promise<EnforcementOutcome[]> =>
  tx.many<EnforcementOutcome>(sql`
    select n.rule_ref, n.id, n.status, n.error,
      array(select e.id::text from execution e
        where e.enforcement = n.id and e.parent is null and e.revision is not null order by e.id) as executions
    from enforcement n where n.event = ${event} order by n.id`);
