import type { Id, Instant, Json } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import { page, whereGiven, type Page, type PageRequest } from './page.ts';

export interface RuleSummary {
  id: Id;
  ref: string;
  pack: Id;
  pack_ref: string;
  label: string;
  description: string;
  trigger_ref: string;
  action_ref: string;
  enabled: boolean;
  revision: string | null;
  created: Instant;
  updated: Instant;
}

export interface RuleDetail extends RuleSummary {
  conditions: Json;
  action_params: Json;
  trigger_params: Json;
}

export interface RuleFilters {
  pack_ref?: string | undefined;
  trigger_ref?: string | undefined;
  action_ref?: string | undefined;
  enabled?: boolean | undefined;
}

const summary = sql.raw(
  'id, ref, pack, pack_ref, label, description, trigger_ref, action_ref, enabled, revision, created, updated',
);

export const rulePage = (tx: Tx, filters: RuleFilters, request: PageRequest): Promise<Page<RuleSummary>> =>
  page<RuleSummary>(
    tx,
    sql`select ${summary} from rule`,
    sql`id`,
    [
      sql<boolean>`removed_at is null`,
      whereGiven(filters.pack_ref, (ref) => sql`pack_ref = ${ref}`),
      whereGiven(filters.trigger_ref, (ref) => sql`trigger_ref = ${ref}`),
      whereGiven(filters.action_ref, (ref) => sql`action_ref = ${ref}`),
      whereGiven(filters.enabled, (enabled) => sql`enabled = ${enabled}`),
    ],
    request,
  );

export const findRule = (tx: Tx, ref: string): Promise<RuleDetail | undefined> =>
  tx.maybe<RuleDetail>(sql`
    select ${summary}, conditions, action_params, trigger_params from rule where ref = ${ref} and removed_at is null`);
