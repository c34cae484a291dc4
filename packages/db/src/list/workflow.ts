import type { Id, Instant, Json } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import { page, whereGiven, type Page, type PageRequest } from './page.ts';

export interface WorkflowSummary {
  id: Id;
  ref: string;
  pack: Id;
  pack_ref: string;
  label: string;
  description: string | null;
  version: string;
  tags: string[] | null;
  revision: string | null;
  created: Instant;
  updated: Instant;
}

export interface WorkflowDetail extends WorkflowSummary {
  param_schema: Json;
  out_schema: Json;
  definition: Json;
}

const summary =
  sql.raw(`w.id, w.ref, w.pack, w.pack_ref, w.label, w.description, w.version, w.tags, w.revision, w.created,
  w.updated`);

/** A workflow is listed while an action runs it: when its file leaves the pack, only its past runs remain. */
const isOffered = sql<boolean>`exists (
  select 1 from action a where a.workflow_def = w.id and a.removed_at is null)`;

export const workflowPage = (
  tx: Tx,
  filters: { pack_ref?: string | undefined },
  request: PageRequest,
): Promise<Page<WorkflowSummary>> =>
  page<WorkflowSummary>(
    tx,
    sql`select ${summary} from workflow_definition w`,
    sql`w.id`,
    [isOffered, whereGiven(filters.pack_ref, (ref) => sql`w.pack_ref = ${ref}`)],
    request,
  );

export const findWorkflow = (tx: Tx, ref: string): Promise<WorkflowDetail | undefined> =>
  tx.maybe<WorkflowDetail>(sql`
    select ${summary}, w.param_schema, w.out_schema, w.definition
    from workflow_definition w where w.ref = ${ref} and ${isOffered}`);
