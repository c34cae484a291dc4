import { sql, type Tx } from '../database.ts';
import type { AuditCategory, AuditOutcome, AuditRow } from '../audit.ts';
import { page, whereGiven, type Page, type PageRequest } from './page.ts';

export interface AuditFilters {
  category?: AuditCategory | undefined;
  event_type?: string | undefined;
  outcome?: AuditOutcome | undefined;
  actor_login?: string | undefined;
}

export const auditPage = (tx: Tx, filters: AuditFilters, request: PageRequest): Promise<Page<AuditRow>> =>
  page<AuditRow>(
    tx,
    sql`
      select id, category, event_type, outcome, actor_identity, actor_login, resource_type, resource_ref, request_id, details,
        created
      from audit_event`,
    sql`id`,
    [
      whereGiven(filters.category, (category) => sql`category = ${category}`),
      whereGiven(filters.event_type, (type) => sql`event_type = ${type}`),
      whereGiven(filters.outcome, (outcome) => sql`outcome = ${outcome}`),
      whereGiven(filters.actor_login, (login) => sql`actor_login = ${login}`),
    ],
    request,
  );
