import type { Id, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

export interface WorkflowDefinitionToKeep {
  ref: string;
  pack: Id;
  pack_ref: string;
  label: string;
  description: string | null;
  version: string;
  param_schema: JsonObject | null;
  out_schema: JsonObject | null;
  definition: JsonObject;
  tags: string[];
  revision: string;
}

export const upsert = (tx: Tx, workflow: WorkflowDefinitionToKeep): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    insert into workflow_definition (ref, pack, pack_ref, label, description, version, param_schema, out_schema,
      definition, tags, revision)
    values (${workflow.ref}, ${workflow.pack}, ${workflow.pack_ref}, ${workflow.label}, ${workflow.description},
      ${workflow.version}, ${jsonb(workflow.param_schema)}, ${jsonb(workflow.out_schema)},
      ${jsonb(workflow.definition)}, ${workflow.tags}, ${workflow.revision})
    on conflict (ref) do update set
      pack = excluded.pack, pack_ref = excluded.pack_ref, label = excluded.label, description = excluded.description,
      version = excluded.version, param_schema = excluded.param_schema, out_schema = excluded.out_schema,
      definition = excluded.definition, tags = excluded.tags, enabled = true, revision = excluded.revision,
      updated = attune.clock()
    returning id`);
