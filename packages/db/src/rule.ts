import type { ConfigSources, Id, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

/** An enabled rule of a trigger with what matching it needs. */
export interface MatchableRule {
  id: Id;
  ref: string;
  revision: string;
  definition: JsonObject;
  pack: ConfigSources;
  action_ref: string;
  /** Schema of its action's parameters: tells which of them are secret. */
  action_parameters: Record<string, JsonObject> | null;
}

const packConfig = sql.raw(
  "jsonb_build_object('conf_schema', p.conf_schema, 'config_defaults', p.config_defaults, 'config', p.config)",
);

/** The enabled rules of these triggers; a disabled or removed trigger has none. */
export const enabledOfTriggers = (
  tx: Tx,
  triggerRefs: readonly string[],
): Promise<(MatchableRule & { trigger_ref: string })[]> =>
  tx.many<MatchableRule & { trigger_ref: string }>(sql`
    select r.id, r.ref, r.trigger_ref, r.action_ref, r.revision, v.definition, ${packConfig} as pack,
      a.param_schema as action_parameters
    from rule r
    join revision v on v.hash = r.revision
    join pack p on p.id = r.pack
    join trigger t on t.id = r.trigger
    left join action a on a.ref = r.action_ref and a.removed_at is null
    where r.enabled and r.removed_at is null and r.trigger_ref = any(${triggerRefs}::text[])
      and t.enabled and t.removed_at is null
    order by r.ref`);

/** Sets whether a rule matches events from now on. No row is returned for a ref that is not known. */
export const setEnabled = (tx: Tx, ref: string, enabled: boolean): Promise<{ id: Id; enabled: boolean } | undefined> =>
  tx.maybe<{ id: Id; enabled: boolean }>(sql`
    update rule set enabled = ${enabled}, updated = attune.clock()
    where ref = ${ref} and removed_at is null returning id, enabled`);

export interface RuleToKeep {
  ref: string;
  pack: Id;
  pack_ref: string;
  label: string;
  description: string;
  action: Id | null;
  action_ref: string;
  trigger: Id | null;
  trigger_ref: string;
  conditions: JsonObject | JsonObject[];
  action_params: JsonObject;
  trigger_params: JsonObject;
  enabled: boolean;
  revision: string;
}

/** Inserts or updates a pack's rule by ref. An operator's choice to disable or enable it outlives an update whose file says
 *  about `enabled` what the registered one said. */
export const upsert = (tx: Tx, rule: RuleToKeep, before: { enabled: boolean } | undefined): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    insert into rule (ref, pack, pack_ref, label, description, action, action_ref, trigger, trigger_ref, conditions,
      action_params, trigger_params, enabled, revision)
    values (${rule.ref}, ${rule.pack}, ${rule.pack_ref}, ${rule.label}, ${rule.description}, ${rule.action},
      ${rule.action_ref}, ${rule.trigger}, ${rule.trigger_ref}, ${jsonb(rule.conditions)}, ${jsonb(rule.action_params)},
      ${jsonb(rule.trigger_params)}, ${rule.enabled}, ${rule.revision})
    on conflict (ref) do update set
      pack = excluded.pack, pack_ref = excluded.pack_ref, label = excluded.label, description = excluded.description,
      action = excluded.action, action_ref = excluded.action_ref, trigger = excluded.trigger,
      trigger_ref = excluded.trigger_ref, conditions = excluded.conditions, action_params = excluded.action_params,
      trigger_params = excluded.trigger_params, revision = excluded.revision, removed_at = null, updated = attune.clock(),
      enabled = case when ${before?.enabled === rule.enabled} then rule.enabled else excluded.enabled end
    returning id`);

/** Retires the rules of a pack whose refs left its files; their past enforcements keep naming them. */
export const retireOthers = (tx: Tx, pack: Id, refs: readonly string[]): Promise<number> =>
  tx.run(sql`
    update rule set removed_at = attune.clock(), updated = attune.clock()
    where pack = ${pack} and removed_at is null and not (ref = any(${refs}::text[]))`);

/** The ids of rules and the configuration of their packs, also of rules that were removed. */
export const packConfigs = (tx: Tx, refs: readonly string[]): Promise<{ id: Id; ref: string; pack: ConfigSources }[]> =>
  tx.many<{ id: Id; ref: string; pack: ConfigSources }>(sql`
    select r.id, r.ref, ${packConfig} as pack from rule r join pack p on p.id = r.pack where r.ref = any(${refs}::text[])`);

/** What the registered file of a rule said about `enabled`; undefined where the rule is new. */
export const registered = (tx: Tx, ref: string): Promise<{ enabled: boolean } | undefined> =>
  tx.maybe<{ enabled: boolean }>(sql`
    select coalesce((v.definition->>'enabled')::boolean, true) as enabled
    from rule r join revision v on v.hash = r.revision where r.ref = ${ref}`);
