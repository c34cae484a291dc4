import { AttuneError } from '@attune/core';
import type { lists } from '@attune/db';

/** What a list was asked for: its cursor, if any, leads to the page after the one that gave it.
 *  @throws AttuneError bad_request where the cursor was not made by this list. */
export function pageRequest(list: string, query: { limit: number; cursor?: string | undefined }): lists.PageRequest {
  if (query.cursor === undefined) return { limit: query.limit, before: null };
  const match = /^([a-z_]+):(\d{1,18})$/.exec(Buffer.from(query.cursor, 'base64url').toString('latin1'));
  if (match?.[1] !== list) {
    throw new AttuneError('bad_request', 'The cursor is not one of this list', {
      details: [{ message: 'expected the `next_cursor` of an answer of this list', pointer: '/cursor' }],
    });
  }
  return { limit: query.limit, before: match[2] ?? null };
}

/** A page as it is answered. */
export const pageAnswer = <R>(list: string, page: lists.Page<R>): { data: R[]; next_cursor: string | null } => ({
  data: page.rows,
  next_cursor: page.next === null ? null : Buffer.from(`${list}:${page.next}`, 'latin1').toString('base64url'),
});
