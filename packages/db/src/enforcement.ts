import type { Id, Json, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import { jsonText } from './json-text.ts';

export interface NewEnforcement {
  rule: MatchedRule;
  event: Id;
  /** `processed` where its execution is made in the same transaction, `failed` where there is an error. */
  status: 'created' | 'processed' | 'failed';
  /** The rendered action parameters; null where they could not be rendered. */
  config: JsonObject | null;
  /** Why the enforcement failed, where it did. */
  error: JsonObject | null;
}

/** What the enforcements of a rule have in common. */
export interface MatchedRule {
  id: Id;
  ref: string;
  /** Revision of the rule that matched. */
  revision: string;
  conditions: Json;
}

export interface PendingEnforcement {
  id: Id;
  rule: Id | null;
  rule_ref: string;
  event: Id | null;
  revision: string;
  config: JsonObject | null;
}

/** Records matches in one statement; each takes the trigger and the payload of its event. The same rule and event twice is one
 *  enforcement, and no id is answered for the second.
 *  @returns their ids in the order given. */
export async function insertMany(tx: Tx, enforcements: readonly NewEnforcement[]): Promise<(Id | undefined)[]> {
  if (enforcements.length === 0) return [];
  const rules = [...new Set(enforcements.map(({ rule }) => rule))];
  const placeOf = new Map(rules.map((rule, place) => [rule, place]));
  const rows = await tx.many<{ id: Id; rule: Id; event: Id }>(sql`
    insert into enforcement (rule, rule_ref, trigger_ref, event, revision, config, payload, conditions, status, error, resolved_at)
    select r.rule, r.rule_ref, v.trigger_ref, v.id, r.revision, x.config, coalesce(v.payload, 'null'), r.conditions, x.status,
      x.error, case when x.status <> 'created' then attune.clock() end
    from unnest(${enforcements.map(({ rule }) => placeOf.get(rule) ?? 0)}::int[], ${enforcements.map((one) => one.event)}::bigint[],
        ${enforcements.map((one) => one.status)}::enforcement_status_enum[],
        ${enforcements.map((one) => jsonText(one.config))}::text[]::jsonb[],
        ${enforcements.map((one) => jsonText(one.error))}::text[]::jsonb[])
      with ordinality as x(rule, event, status, config, error, place)
    join event v on v.id = x.event
    join jsonb_to_recordset(${jsonb(
      rules.map(({ id, ref, revision, conditions }, place) => ({
        place,
        rule: id,
        rule_ref: ref,
        revision,
        conditions,
      })),
    )}) as r(place int, rule bigint, rule_ref text, revision text, conditions jsonb) on r.place = x.rule
    order by x.place
    on conflict (rule, event) where revision is not null do nothing
    returning id, rule, event`);
  const idOf = new Map(rows.map(({ id, rule, event }) => [`${rule} ${event}`, id]));
  return enforcements.map(({ rule, event }) => idOf.get(`${rule.id} ${event}`));
}

/** The oldest enforcements without an execution, locked; rows that another executor holds are passed over. */
export const lockCreated = (tx: Tx, limit: number): Promise<PendingEnforcement[]> =>
  tx.many<PendingEnforcement>(sql`
    select id, rule, rule_ref, event, revision, config from enforcement
    where status = 'created' and revision is not null
    order by id limit ${limit} for update skip locked`);

/** Marks enforcements as done with, in one statement; those that somebody else marked first are passed over. */
export const resolveMany = (
  tx: Tx,
  resolved: readonly { id: Id; status: 'processed' | 'failed'; error: JsonObject | null }[],
): Promise<number> =>
  tx.run(sql`
    update enforcement n
    set status = x.status, error = x.error, resolved_at = attune.clock(), updated = attune.clock()
    from unnest(${resolved.map((one) => one.id)}::bigint[], ${resolved.map((one) => one.status)}::enforcement_status_enum[],
      ${resolved.map((one) => jsonText(one.error))}::text[]::jsonb[]) as x(id, status, error)
    where n.id = x.id and n.status = 'created'`);

export interface EnforcementOutcome {
  rule_ref: string;
  id: Id;
  status: string;
  error: JsonObject | null;
  executions: Id[];
}

/** What an event led to: its enforcements and the executions of each, later attempts among them. */
export const ofEvent = (tx: Tx, event: Id): Promise<EnforcementOutcome[]> =>
  tx.many<EnforcementOutcome>(sql`
    select n.rule_ref, n.id, n.status, n.error,
      array(
        -- by way of the first attempt, in the words of the index that finds it
        select a.id::text from execution f
        cross join lateral (select f.id union all select e.id from execution e where e.original_execution = f.id) a
        where f.enforcement = n.id and f.revision is not null and f.parent is null and f.original_execution is null
        order by a.id) as executions
    from enforcement n where n.event = ${event} order by n.id`);

/** The rule and the trigger of enforcements. */
export const refsOf = (tx: Tx, ids: readonly Id[]): Promise<{ id: Id; rule_ref: string; trigger_ref: string }[]> =>
  tx.many<{ id: Id; rule_ref: string; trigger_ref: string }>(
    sql`select id, rule_ref, trigger_ref from enforcement where id = any(${ids}::bigint[])`,
  );
