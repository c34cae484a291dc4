/** Most rows that one request asks for. */
const pageSize = 100;

export interface ListAnswer<R> {
  data: R[];
  next_cursor: string | null;
}

/** The first `limit` rows of a list, page by page, and whether there are more. */
export async function firstRows<R>(
  limit: number,
  page: (query: { limit: number; cursor?: string }) => Promise<ListAnswer<R>>,
): Promise<{ rows: R[]; hasMore: boolean }> {
  const rows: R[] = [];
  let cursor: string | undefined;
  for (;;) {
    const answer = await page({
      limit: Math.min(pageSize, limit - rows.length),
      ...(cursor === undefined ? {} : { cursor }),
    });
    rows.push(...answer.data);
    cursor = answer.next_cursor ?? undefined;
    if (cursor === undefined || rows.length >= limit) return { rows, hasMore: cursor !== undefined };
  }
}
