import type { Id, Instant, Json } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import { page, whereGiven, type Page, type PageRequest } from './page.ts';

export interface TriggerSummary {
  id: Id;
  ref: string;
  pack: Id | null;
  pack_ref: string | null;
  label: string;
  description: string | null;
  enabled: boolean;
  webhook_enabled: boolean;
  revision: string | null;
  created: Instant;
  updated: Instant;
}

export interface TriggerDetail extends TriggerSummary {
  param_schema: Json;
  out_schema: Json;
  /** How deliveries are signed and told apart; never the key or the secret. */
  webhook_config: Json;
}

const summary = sql.raw(
  'id, ref, pack, pack_ref, label, description, enabled, webhook_enabled, revision, created, updated',
);

export const triggerPage = (
  tx: Tx,
  filters: { pack_ref?: string | undefined },
  request: PageRequest,
): Promise<Page<TriggerSummary>> =>
  page<TriggerSummary>(
    tx,
    sql`select ${summary} from trigger`,
    sql`id`,
    [sql<boolean>`removed_at is null`, whereGiven(filters.pack_ref, (ref) => sql`pack_ref = ${ref}`)],
    request,
  );

export const findTrigger = (tx: Tx, ref: string): Promise<TriggerDetail | undefined> =>
  tx.maybe<TriggerDetail>(sql`
    select ${summary}, param_schema, out_schema, case when webhook_enabled then webhook_config end as webhook_config
    from trigger where ref = ${ref} and removed_at is null`);
