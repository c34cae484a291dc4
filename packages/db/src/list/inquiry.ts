import type { Id, Instant, Json } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import type { InquiryStatus } from '../inquiry.ts';
import { page, whereGiven, type Page, type PageRequest } from './page.ts';

export interface InquirySummary {
  id: Id;
  /** The execution that waits for the answer. */
  execution: Id;
  action_ref: string;
  /** Its task, where it is one of a workflow. */
  task_name: string | null;
  prompt: string;
  /** The identity that is asked. */
  assigned_to: Id | null;
  assigned_login: string | null;
  status: InquiryStatus;
  timeout_at: Instant | null;
  responded_at: Instant | null;
  created: Instant;
  updated: Instant;
}

export interface InquiryDetail extends InquirySummary {
  response_schema: Json;
  response: Json;
  responded_by: Id | null;
  responded_login: string | null;
}

export interface InquiryFilters {
  status?: InquiryStatus | undefined;
  execution?: Id | undefined;
  assigned_to?: Id | undefined;
}

const summary = sql.raw(`
  q.id, q.execution, e.action_ref, e.workflow_task->>'task_name' as task_name, q.prompt, q.assigned_to, i.login as assigned_login,
  q.status, q.timeout_at, q.responded_at, q.created, q.updated`);

const tables = sql`inquiry q join execution e on e.id = q.execution left join identity i on i.id = q.assigned_to`;

export const inquiryPage = (tx: Tx, filters: InquiryFilters, request: PageRequest): Promise<Page<InquirySummary>> =>
  page<InquirySummary>(
    tx,
    sql`select ${summary} from ${tables}`,
    sql`q.id`,
    [
      whereGiven(filters.status, (status) => sql`q.status = ${status}::inquiry_status_enum`),
      whereGiven(filters.execution, (id) => sql`q.execution = ${id}`),
      whereGiven(filters.assigned_to, (id) => sql`q.assigned_to = ${id}`),
    ],
    request,
  );

export const findInquiry = (tx: Tx, id: Id): Promise<InquiryDetail | undefined> =>
  tx.maybe<InquiryDetail>(sql`
    select ${summary}, q.response_schema, q.response, q.responded_by, r.login as responded_login
    from ${tables} left join identity r on r.id = q.responded_by
    where q.id = ${id}`);
