import type { Id, Instant, Json } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import { page, whereGiven, type Page, type PageRequest } from './page.ts';

export interface ActionSummary {
  id: Id;
  ref: string;
  pack: Id;
  pack_ref: string;
  label: string;
  description: string;
  runtime_ref: string | null;
  is_workflow: boolean;
  revision: string | null;
  created: Instant;
  updated: Instant;
}

export interface ActionDetail extends ActionSummary {
  entrypoint: string;
  param_schema: Json;
  out_schema: Json;
  /** The registered definition whose hash is `revision`. */
  definition: Json;
}

const summary = sql.raw(
  'id, ref, pack, pack_ref, label, description, runtime_ref, is_workflow, revision, created, updated',
);

export const actionPage = (
  tx: Tx,
  filters: { pack_ref?: string | undefined },
  request: PageRequest,
): Promise<Page<ActionSummary>> =>
  page<ActionSummary>(
    tx,
    sql`select ${summary} from action`,
    sql`id`,
    [sql<boolean>`removed_at is null`, whereGiven(filters.pack_ref, (ref) => sql`pack_ref = ${ref}`)],
    request,
  );

export const findAction = (tx: Tx, ref: string): Promise<ActionDetail | undefined> =>
  tx.maybe<ActionDetail>(sql`
    select ${summary}, entrypoint, param_schema, out_schema, definition
    from action where ref = ${ref} and removed_at is null`);

/** An action as it was registered at some time. */
export interface ActionRevision {
  hash: string;
  ref: string;
  definition: Json;
}

export const findActionRevision = (tx: Tx, ref: string, hash: string): Promise<ActionRevision | undefined> =>
  tx.maybe<ActionRevision>(sql`
    select hash, ref, definition from revision where hash = ${hash} and kind in ('action', 'workflow') and ref = ${ref}`);
