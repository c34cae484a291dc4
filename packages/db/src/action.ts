import type { FlatSchema, Id, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

/** An action with the definition its next execution will run with. */
export interface ActionRow {
  id: Id;
  ref: string;
  pack_ref: string;
  /** Hash of the action's (or, for a workflow action, the workflow's) definition. */
  revision: string;
  /** Digest of the pack's files. */
  pack_revision: string;
  definition: JsonObject;
  /** Runner a worker must have; null for a workflow. */
  runtime_ref: string | null;
  workflow_def: Id | null;
}

/** @param packRevision the actions of this pack revision are as they were in it, retired ones included. */
export const findByRefs = (tx: Tx, refs: readonly string[], packRevision: string | null): Promise<ActionRow[]> =>
  tx.many<ActionRow>(sql`
    select a.id, a.ref, a.pack_ref, v.hash as revision, coalesce(k.pack_revision, p.revision) as pack_revision, v.definition,
      case when k.ref is null then a.runtime_ref else k.runtime_ref end as runtime_ref,
      case when k.ref is null then a.workflow_def when v.kind = 'workflow' then
        (select d.id from workflow_definition d where d.ref = a.ref) end as workflow_def
    from action a
    join pack p on p.id = a.pack
    left join pack_action k on k.pack_revision = ${packRevision} and k.ref = a.ref
    join revision v on v.hash = coalesce(k.revision, a.revision)
    where a.ref = any(${refs}::text[]) and (a.removed_at is null or k.ref is not null)`);

/** A number that is another one after each change of what is registered: what was read under it holds while it stays. */
export const registryVersion = async (tx: Tx): Promise<Id> =>
  (await tx.one<{ version: Id }>(sql`select version from registry`)).version;

/** Keeps which definition an action has in a revision of its pack. */
export const keepInPack = (
  tx: Tx,
  action: { pack_revision: string; ref: string; revision: string; runtime_ref: string | null },
): Promise<number> =>
  tx.run(sql`
    insert into pack_action (pack_revision, ref, revision, runtime_ref)
    values (${action.pack_revision}, ${action.ref}, ${action.revision}, ${action.runtime_ref})
    on conflict (pack_revision, ref) do nothing`);

export interface ActionToKeep {
  ref: string;
  pack: Id;
  pack_ref: string;
  label: string;
  description: string;
  entrypoint: string;
  runtime_ref: string | null;
  param_schema: JsonObject | null;
  out_schema: JsonObject | null;
  workflow_def: Id | null;
  definition: JsonObject;
  revision: string;
}

export const upsert = (tx: Tx, action: ActionToKeep): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    insert into action (ref, pack, pack_ref, label, description, entrypoint, runtime_ref, param_schema, out_schema,
      is_workflow, workflow_def, definition, revision)
    values (${action.ref}, ${action.pack}, ${action.pack_ref}, ${action.label}, ${action.description},
      ${action.entrypoint}, ${action.runtime_ref}, ${jsonb(action.param_schema)}, ${jsonb(action.out_schema)},
      ${action.workflow_def !== null}, ${action.workflow_def}, ${jsonb(action.definition)}, ${action.revision})
    on conflict (ref) do update set
      pack = excluded.pack, pack_ref = excluded.pack_ref, label = excluded.label, description = excluded.description,
      entrypoint = excluded.entrypoint, runtime_ref = excluded.runtime_ref, param_schema = excluded.param_schema,
      out_schema = excluded.out_schema, is_workflow = excluded.is_workflow, workflow_def = excluded.workflow_def,
      definition = excluded.definition, revision = excluded.revision, removed_at = null, updated = attune.clock()
    returning id`);

/** Retires the actions of a pack whose refs left its files: what runs goes on, later runs fail and name them. */
export const retireOthers = (tx: Tx, pack: Id, refs: readonly string[]): Promise<number> =>
  tx.run(sql`
    update action set removed_at = attune.clock(), updated = attune.clock()
    where pack = ${pack} and removed_at is null and not (ref = any(${refs}::text[]))`);

/** Every action that is not retired, with its parameters: what packs may refer to. */
export const schemas = (tx: Tx): Promise<ActionSchemas[]> =>
  tx.many<ActionSchemas>(sql`
    select ref, param_schema as parameters, out_schema as output from action where removed_at is null`);

export interface ActionSchemas {
  ref: string;
  /** Null where it takes whatever it is given. */
  parameters: JsonObject | null;
  /** What its result looks like; null where it does not say. */
  output: JsonObject | null;
}

/** What the results of these actions look like; refs that are not known are missing. */
export const outputs = (tx: Tx, refs: readonly string[]): Promise<{ ref: string; output: FlatSchema | null }[]> =>
  tx.many<{ ref: string; output: FlatSchema | null }>(sql`
    select ref, out_schema as output from action where ref = any(${refs}::text[]) and removed_at is null`);

export const idOf = async (tx: Tx, ref: string): Promise<Id | undefined> =>
  (await tx.maybe<{ id: Id }>(sql`select id from action where ref = ${ref} and removed_at is null`))?.id;
