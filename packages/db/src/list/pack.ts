import type { FlatSchema, Id, Instant, Json, JsonObject } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import { page, type Page, type PageRequest } from './page.ts';

export interface PackSummary {
  id: Id;
  ref: string;
  label: string;
  description: string | null;
  version: string;
  tags: string[];
  is_standard: boolean;
  revision: string | null;
  created: Instant;
  updated: Instant;
}

export interface PackDetail extends PackSummary {
  conf_schema: FlatSchema;
  config_defaults: JsonObject;
  config: JsonObject;
  meta: Json;
  runtime_deps: string[];
  source_path: string | null;
}

const summary = sql.raw('id, ref, label, description, version, tags, is_standard, revision, created, updated');

export const packPage = (tx: Tx, request: PageRequest): Promise<Page<PackSummary>> =>
  page<PackSummary>(tx, sql`select ${summary} from pack`, sql`id`, [], request);

export const findPack = (tx: Tx, ref: string): Promise<PackDetail | undefined> =>
  tx.maybe<PackDetail>(sql`
    select ${summary}, conf_schema, config_defaults, config, meta, runtime_deps, source_path from pack where ref = ${ref}`);
