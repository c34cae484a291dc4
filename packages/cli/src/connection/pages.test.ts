import { expect, test } from 'vitest';
import { firstRows } from './pages.ts';

/** A list of numbers, `most` a page. */
const numbers =
  (count: number, asked: number[] = []) =>
  (query: { limit: number; cursor?: string }) => {
    asked.push(query.limit);
    const from = Number(query.cursor ?? 0);
    const data = Array.from({ length: Math.min(query.limit, count - from) }, (_, at) => from + at);
    const next = from + data.length;
    return Promise.resolve({ data, next_cursor: next < count ? String(next) : null });
  };

test('pages are read until there are enough rows', async () => {
  const asked: number[] = [];
  const { rows, hasMore } = await firstRows(250, numbers(1_000, asked));
  expect([rows.length, rows.at(-1), hasMore, asked]).toEqual([250, 249, true, [100, 100, 50]]);
});

test('a list that ends before says that there are no more', async () => {
  expect(await firstRows(50, numbers(3))).toEqual({ rows: [0, 1, 2], hasMore: false });
  expect(await firstRows(3, numbers(3))).toEqual({ rows: [0, 1, 2], hasMore: false });
});
