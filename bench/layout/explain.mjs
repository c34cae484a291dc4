import { pagesOf } from './plans.mjs';
import { present, selective } from './queries.mjs';

/** Pages that a selective query may read: a few on the way down the index, and for each row its own, one that was passed over,
 *  and one of the index. */
const allowedPages = (rows) => 8 + 3 * rows;

/** How each documented selective query finds its rows on the one table, and whether that holds: by an index, without reading a
 *  whole table, and in pages that go with the rows returned. */
export async function explainQueries(client, workflows) {
  const report = [];
  for (const query of await present(client, selective)) {
    const { pages, rows, scans } = await pagesOf(client, query.one, query.takesWorkflow ? workflows : undefined);
    const holds = scans.every((scan) => !scan.startsWith('Seq Scan')) && pages <= allowedPages(rows);
    report.push({ query: query.name, scans, pages, rows, holds });
  }
  return report;
}
