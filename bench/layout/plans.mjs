/** Pages that a query reads, its rows, and how it finds them; means over the workflows given. */
export async function pagesOf(client, text, workflows) {
  const asked = workflows ?? [undefined];
  let pages = 0;
  let rows = 0;
  let scans = [];
  for (const workflow of asked) {
    const plan = await explain(client, text, workflow);
    pages += plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    rows += plan['Actual Rows'];
    scans = scansOf(plan);
  }
  return { pages: pages / asked.length, rows: rows / asked.length, scans };
}

/** The plan as it ran, with the literal in place of the parameter: as somebody who copies the query from the page runs it. */
async function explain(client, text, workflow) {
  const query = workflow === undefined ? text : text.replace('$1', client.escapeLiteral(workflow));
  // once before: what a connection looks up in the catalogs is not the query's reading
  await client.query(query);
  const { rows } = await client.query(`explain (analyze, buffers, timing off, format json) ${query}`);
  return rows[0]['QUERY PLAN'][0].Plan;
}

/** How the plan reaches each table or index, from the top down. */
function scansOf(plan) {
  const own = plan['Node Type'].endsWith('Scan')
    ? [[plan['Node Type'], plan['Index Name'] ?? plan['Relation Name']].filter((part) => part !== undefined).join(' ')]
    : [];
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)];
}
