import type { Id, Instant, Json, JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

export const inquiryStatuses = ['pending', 'responded', 'timeout', 'cancelled'] as const;
export type InquiryStatus = (typeof inquiryStatuses)[number];

/** A question to a person; its execution is `running` without a lease until it was answered. */
export interface Inquiry {
  id: Id;
  execution: Id;
  prompt: string;
  /** Flat schema of the answer; null: any JSON value is one. */
  response_schema: JsonObject | null;
  /** The identity that is asked; null: whoever may answer inquiries. */
  assigned_to: Id | null;
  status: InquiryStatus;
  /** SQL NULL until it was answered. */
  response: Json;
  responded_by: Id | null;
  responded_at: Instant | null;
  /** Until when an answer counts; null: as long as it takes. */
  timeout_at: Instant | null;
  /** What the action that asked had answered beside its question; null where it is `core.ask`. */
  action_result: JsonObject | null;
}

const columns = sql.raw(
  'id, execution, prompt, response_schema, assigned_to, status, response, responded_by, responded_at, timeout_at, action_result',
);

export interface NewInquiry {
  execution: Id;
  prompt: string;
  response_schema: JsonObject | null;
  assigned_to: Id | null;
  /** Seconds from now until when an answer counts. */
  timeout_seconds: number | null;
  action_result: JsonObject | null;
}

export const insert = (tx: Tx, inquiry: NewInquiry): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    insert into inquiry (execution, prompt, response_schema, assigned_to, timeout_at, action_result)
    values (${inquiry.execution}, ${inquiry.prompt}, ${jsonb(inquiry.response_schema)}, ${inquiry.assigned_to},
      attune.clock() + make_interval(secs => ${inquiry.timeout_seconds}), ${jsonb(inquiry.action_result)})
    returning id`);

export const find = (tx: Tx, id: Id): Promise<Inquiry | undefined> =>
  tx.maybe<Inquiry>(sql`select ${columns} from inquiry where id = ${id}`);

/** Keeps an answer. An empty answer means that the inquiry is not pending any more, or past its deadline. */
export const respond = (tx: Tx, id: Id, response: Json, by: Id): Promise<Inquiry | undefined> =>
  tx.maybe<Inquiry>(sql`
    update inquiry
    set status = 'responded', response = ${response === null ? sql`'null'::jsonb` : jsonb(response)}, responded_by = ${by},
      responded_at = attune.clock(), updated = attune.clock()
    where id = ${id} and status = 'pending' and (timeout_at is null or timeout_at > attune.clock())
    returning ${columns}`);

/** Cancels the question that an execution waits with. */
export const cancelOf = (tx: Tx, execution: Id): Promise<number> =>
  tx.run(sql`
    update inquiry set status = 'cancelled', updated = attune.clock() where execution = ${execution} and status = 'pending'`);

/** Cancels the questions that children of these executions wait with.
 *  @returns those children. */
export const cancelBelow = async (tx: Tx, parents: readonly Id[]): Promise<Id[]> =>
  (
    await tx.many<{ execution: Id }>(sql`
    update inquiry q set status = 'cancelled', updated = attune.clock()
    from execution e
    where e.parent = any(${parents}::bigint[]) and e.status = 'running' and q.execution = e.id and q.status = 'pending'
    returning q.execution`)
  ).map((row) => row.execution);

/** Pending inquiries past their deadline, longest overdue first. */
export const overdue = (tx: Tx, limit: number): Promise<{ id: Id; execution: Id }[]> =>
  tx.many<{ id: Id; execution: Id }>(sql`
    select id, execution from inquiry
    where status = 'pending' and timeout_at is not null and timeout_at <= attune.clock()
    order by timeout_at limit ${limit}`);

/** Ends an inquiry that nobody answered in time. */
export const timeOut = (tx: Tx, id: Id): Promise<Inquiry | undefined> =>
  tx.maybe<Inquiry>(sql`
    update inquiry set status = 'timeout', updated = attune.clock()
    where id = ${id} and status = 'pending' and timeout_at <= attune.clock()
    returning ${columns}`);

/** Seconds until the next deadline; null where none is set. */
export const nextDeadlineSeconds = async (tx: Tx): Promise<number | null> => {
  const row = await tx.maybe<{ seconds: number | null }>(sql`
    select extract(epoch from min(timeout_at) - attune.clock())::float8 as seconds from inquiry
    where status = 'pending' and timeout_at is not null`);
  return row?.seconds ?? null;
};
