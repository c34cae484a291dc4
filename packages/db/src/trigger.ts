import type { Id, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

export interface TriggerRow {
  id: Id;
  ref: string;
  enabled: boolean;
  webhook_enabled: boolean;
  webhook_config: JsonObject | null;
  webhook_key_encrypted: string | null;
  webhook_secret_encrypted: string | null;
}

const columns = sql.raw(
  'id, ref, enabled, webhook_enabled, webhook_config, webhook_key_encrypted, webhook_secret_encrypted',
);

export const findByRef = (tx: Tx, ref: string): Promise<TriggerRow | undefined> =>
  tx.maybe<TriggerRow>(sql`select ${columns} from trigger where ref = ${ref} and removed_at is null`);

/** Those of these refs that are registered. */
export const findByRefs = (tx: Tx, refs: readonly string[]): Promise<TriggerRow[]> =>
  tx.many<TriggerRow>(
    sql`select ${columns} from trigger where ref = any(${[...new Set(refs)]}::text[]) and removed_at is null`,
  );

/** The triggers whose webhook keys have these SHA-256 (hex), by them; the keys themselves are stored only encrypted. */
export async function findByWebhookKeyHashes(tx: Tx, hashes: readonly string[]): Promise<Map<string, TriggerRow>> {
  const rows = await tx.many<TriggerRow & { webhook_key_hash: string }>(sql`
    select ${columns}, webhook_key_hash from trigger
    where webhook_key_hash = any(${hashes}::text[]) and webhook_enabled and removed_at is null`);
  return new Map(rows.map(({ webhook_key_hash, ...trigger }) => [webhook_key_hash, trigger]));
}

export interface TriggerToKeep {
  ref: string;
  pack: Id;
  pack_ref: string;
  label: string;
  description: string | null;
  enabled: boolean;
  param_schema: JsonObject | null;
  out_schema: JsonObject | null;
  /** What the file declares of a webhook; null: the trigger has none. */
  webhook_config: JsonObject | null;
  revision: string;
}

export const upsert = (tx: Tx, trigger: TriggerToKeep): Promise<TriggerRow> =>
  tx.one<TriggerRow>(sql`
    insert into trigger (ref, pack, pack_ref, label, description, enabled, param_schema, out_schema, webhook_enabled,
      webhook_config, revision)
    values (${trigger.ref}, ${trigger.pack}, ${trigger.pack_ref}, ${trigger.label}, ${trigger.description},
      ${trigger.enabled}, ${jsonb(trigger.param_schema)}, ${jsonb(trigger.out_schema)},
      ${trigger.webhook_config !== null}, ${jsonb(trigger.webhook_config)}, ${trigger.revision})
    on conflict (ref) do update set
      pack = excluded.pack, pack_ref = excluded.pack_ref, label = excluded.label, description = excluded.description,
      enabled = excluded.enabled, param_schema = excluded.param_schema, out_schema = excluded.out_schema,
      webhook_enabled = excluded.webhook_enabled, webhook_config = excluded.webhook_config,
      revision = excluded.revision, removed_at = null, updated = attune.clock()
    returning ${columns}`);

/** Gives a trigger a new webhook key or secret; what is undefined stays. */
export const setWebhookSecrets = (
  tx: Tx,
  id: Id,
  secrets: { key_hash?: string; key_encrypted?: string; secret_encrypted?: string },
): Promise<number> =>
  tx.run(sql`
    update trigger set
      webhook_key_hash = coalesce(${secrets.key_hash ?? null}, webhook_key_hash),
      webhook_key_encrypted = coalesce(${secrets.key_encrypted ?? null}, webhook_key_encrypted),
      webhook_secret_encrypted = coalesce(${secrets.secret_encrypted ?? null}, webhook_secret_encrypted),
      updated = attune.clock()
    where id = ${id}`);

export const retireOthers = (tx: Tx, pack: Id, refs: readonly string[]): Promise<number> =>
  tx.run(sql`
    update trigger set removed_at = attune.clock(), updated = attune.clock()
    where pack = ${pack} and removed_at is null and not (ref = any(${refs}::text[]))`);

/** Every trigger that is not retired, with its parameters: what packs may refer to. */
export const schemas = (tx: Tx): Promise<{ ref: string; parameters: JsonObject | null }[]> =>
  tx.many<{ ref: string; parameters: JsonObject | null }>(sql`
    select ref, param_schema as parameters from trigger where removed_at is null`);

/** Any sealed secret: whoever cannot open it has another key than the rest of this installation. */
export const anySealed = async (tx: Tx): Promise<string | undefined> =>
  (
    await tx.maybe<{ sealed: string }>(sql`
    select webhook_key_encrypted as sealed from trigger where webhook_key_encrypted is not null limit 1`)
  )?.sealed;
