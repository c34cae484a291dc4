import type { Id, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

export interface PackRow {
  id: Id;
  ref: string;
  version: string;
  revision: string | null;
  config: JsonObject;
}

/** Locks the name of a pack until the transaction ends, whether the pack exists or not: two registrations take turns. */
export const lockRef = (tx: Tx, ref: string): Promise<number> =>
  tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${'attune.pack:' + ref}, 0))`);

export const findByRef = (tx: Tx, ref: string): Promise<PackRow | undefined> =>
  tx.maybe<PackRow>(sql`select id, ref, version, revision, config from pack where ref = ${ref}`);

export interface PackToKeep {
  ref: string;
  label: string;
  description: string | null;
  version: string;
  conf_schema: JsonObject;
  /** The file's defaults; layered under the stored values. */
  config: JsonObject;
  meta: JsonObject;
  tags: string[];
  runtime_deps: string[];
  is_standard: boolean;
  revision: string;
  source_path: string | null;
}

export const upsert = (tx: Tx, pack: PackToKeep): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    insert into pack (ref, label, description, version, conf_schema, config, meta, tags, runtime_deps, is_standard,
      revision, source_path)
    values (${pack.ref}, ${pack.label}, ${pack.description}, ${pack.version}, ${jsonb(pack.conf_schema)},
      ${jsonb(pack.config)}, ${jsonb(pack.meta)}, ${pack.tags}, ${pack.runtime_deps}, ${pack.is_standard},
      ${pack.revision}, ${pack.source_path})
    on conflict (ref) do update set
      label = excluded.label, description = excluded.description, version = excluded.version,
      conf_schema = excluded.conf_schema, config = excluded.config || pack.config, meta = excluded.meta,
      tags = excluded.tags, runtime_deps = excluded.runtime_deps, is_standard = excluded.is_standard,
      revision = excluded.revision, source_path = excluded.source_path, updated = now()
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

/** The configuration that a pack's workflows and rules read. */
export const configOf = async (tx: Tx, ref: string): Promise<JsonObject> =>
  (await tx.maybe<{ config: JsonObject }>(sql`select config from pack where ref = ${ref}`))?.config ?? {};
