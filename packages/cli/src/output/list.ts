import type { Json } from '@attune/core';
import type { Run } from '../run.ts';
import { formatTable, type Column } from './table.ts';

/** Shows the rows of a list: a table for people, a list of objects for programs. What was left out is said on standard error. */
export async function showList<R>(
  run: Run,
  { rows, hasMore }: { rows: readonly R[]; hasMore: boolean },
  columns: readonly Column<R>[],
): Promise<void> {
  if (run.format !== 'table' || rows.length > 0) {
    await run.show(rows as unknown as Json, () => formatTable(columns, rows, { paint: run.paint, width: run.width }));
  } else await run.remark('Nothing found.');
  if (hasMore) await run.remark(`There are more; --limit shows more than these ${rows.length}.`);
}
