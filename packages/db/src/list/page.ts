import type { Id } from '@attune/core';
import { sql, type RawBuilder } from 'kysely';
import type { Tx } from '../database.ts';

export interface PageRequest {
  /** Most rows wanted. */
  limit: number;
  /** Only rows older than this one: the last row of the page before. Null asks for the first page. */
  before: Id | null;
}

export interface Page<R> {
  rows: R[];
  /** What `before` of the next page is; null: there is none. */
  next: Id | null;
}

/** A condition of a list, or nothing where the filter was not given. */
export type Filter = RawBuilder<boolean> | undefined;

/** A filter for a value that may be absent. */
export const whereGiven = <T>(value: T | undefined, condition: (value: T) => RawBuilder<boolean>): Filter =>
  value === undefined ? undefined : condition(value);

/** Rows newest first, after `select`'s text up to its FROM clause. Ids only grow, so a page is a range of the primary key: rows that
 *  arrive while somebody pages shift nothing, and page 1000 costs what page 1 costs. */
export async function page<R extends { id: Id }>(
  tx: Tx,
  select: RawBuilder<unknown>,
  id: RawBuilder<unknown>,
  filters: readonly Filter[],
  request: PageRequest,
): Promise<Page<R>> {
  const conditions = filters.filter((filter) => filter !== undefined);
  if (request.before !== null) conditions.push(sql<boolean>`${id} < ${request.before}`);
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
  // one row more than asked for tells whether there is another page
  const rows = await tx.list(sql<R>`${select} ${where} order by ${id} desc limit ${request.limit + 1}`);
  const shown = rows.slice(0, request.limit);
  return { rows: shown, next: rows.length > request.limit ? (shown.at(-1)?.id ?? null) : null };
}
