import type { Id, Instant, Json } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import { page, whereGiven, type Page, type PageRequest } from './page.ts';

export const enforcementStatuses = ['created', 'processed', 'disabled', 'failed'] as const;
export type EnforcementStatus = (typeof enforcementStatuses)[number];

export interface EnforcementSummary {
  id: Id;
  rule: Id | null;
  rule_ref: string;
  trigger_ref: string;
  event: Id | null;
  status: EnforcementStatus;
  created: Instant;
  resolved_at: Instant | null;
}

export interface EnforcementDetail extends EnforcementSummary {
  /** The rendered action parameters. */
  config: Json;
  payload: Json;
  conditions: Json;
  /** Why it failed, where it did. */
  error: Json;
  revision: string | null;
}

export interface EnforcementFilters {
  rule_ref?: string | undefined;
  trigger_ref?: string | undefined;
  event?: Id | undefined;
  status?: EnforcementStatus | undefined;
}

const summary = sql.raw('id, rule, rule_ref, trigger_ref, event, status, created, resolved_at');

export const enforcementPage = (
  tx: Tx,
  filters: EnforcementFilters,
  request: PageRequest,
): Promise<Page<EnforcementSummary>> =>
  page<EnforcementSummary>(
    tx,
    sql`select ${summary} from enforcement`,
    sql`id`,
    [
      whereGiven(filters.rule_ref, (ref) => sql`rule_ref = ${ref}`),
      whereGiven(filters.trigger_ref, (ref) => sql`trigger_ref = ${ref}`),
      whereGiven(filters.event, (id) => sql`event = ${id}`),
      whereGiven(filters.status, (status) => sql`status = ${status}::enforcement_status_enum`),
    ],
    request,
  );

export const findEnforcement = (tx: Tx, id: Id): Promise<EnforcementDetail | undefined> =>
  tx.maybe<EnforcementDetail>(sql`
    select ${summary}, config, payload, conditions, error, revision from enforcement where id = ${id}`);
