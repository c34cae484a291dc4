import type { ConfigSources, Id, Json, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

export interface PackRow extends ConfigSources {
  id: Id;
  ref: string;
  version: string;
  revision: string | null;
}

const columns = sql.raw('id, ref, version, revision, conf_schema, config_defaults, config');

/** Locks the name of a pack until the transaction ends, whether the pack exists or not: two registrations take turns. */
export const lockRef = (tx: Tx, ref: string): Promise<number> =>
  tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${'attune.pack:' + ref}, 0))`);

export const findByRef = (tx: Tx, ref: string): Promise<PackRow | undefined> =>
  tx.maybe<PackRow>(sql`select ${columns} from pack where ref = ${ref}`);

/** Whether a pack is registered with these files: path, mode and SHA-256 of each, in the order of its revision. */
export const hasFiles = async (tx: Tx, files: Json): Promise<boolean> =>
  (
    await tx.one<{ has: boolean }>(sql`
    select exists (select from pack p join revision r on r.hash = p.revision
      where r.definition->'files' = ${jsonb(files)}) as has`)
  ).has;

/** A pack by its ref, locked until the transaction ends. */
export const lock = (tx: Tx, ref: string): Promise<PackRow | undefined> =>
  tx.maybe<PackRow>(sql`select ${columns} from pack where ref = ${ref} for update`);

/** Sets what an administrator configured. */
export const setConfig = (tx: Tx, id: Id, config: JsonObject): Promise<number> =>
  tx.run(sql`update pack set config = ${jsonb(config)}, updated = attune.clock() where id = ${id}`);

export interface PackToKeep {
  ref: string;
  label: string;
  description: string | null;
  version: string;
  conf_schema: JsonObject;
  /** What the files give as configuration. */
  config_defaults: JsonObject;
  meta: JsonObject;
  tags: string[];
  runtime_deps: string[];
  is_standard: boolean;
  revision: string;
  source_path: string | null;
}

export const upsert = (tx: Tx, pack: PackToKeep): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    insert into pack (ref, label, description, version, conf_schema, config_defaults, meta, tags, runtime_deps, is_standard,
      revision, source_path)
    values (${pack.ref}, ${pack.label}, ${pack.description}, ${pack.version}, ${jsonb(pack.conf_schema)},
      ${jsonb(pack.config_defaults)}, ${jsonb(pack.meta)}, ${pack.tags}, ${pack.runtime_deps}, ${pack.is_standard},
      ${pack.revision}, ${pack.source_path})
    on conflict (ref) do update set
      label = excluded.label, description = excluded.description, version = excluded.version,
      conf_schema = excluded.conf_schema, config_defaults = excluded.config_defaults, meta = excluded.meta,
      tags = excluded.tags, runtime_deps = excluded.runtime_deps, is_standard = excluded.is_standard,
      revision = excluded.revision, source_path = excluded.source_path, updated = attune.clock()
    returning id`);

/** Keeps the files of a pack revision; content that any pack already brought is stored once. */
export async function keepFiles(
  tx: Tx,
  revision: string,
  files: readonly { path: string; mode: number; sha256: string; content: Uint8Array }[],
): Promise<void> {
  for (const file of files) {
    await tx.run(sql`
      with blob as ( -- both inserts are one snapshot; the foreign key is checked at the end of the statement
        insert into pack_blob (sha256, content) values (${file.sha256}, ${Buffer.from(file.content)})
        on conflict (sha256) do nothing)
      insert into pack_file (pack_revision, path, mode, sha256)
      values (${revision}, ${file.path}, ${file.mode}, ${file.sha256})
      on conflict (pack_revision, path) do nothing`);
  }
}
