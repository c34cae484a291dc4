import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrate } from '@attune/db';
import { createDatabase, nameOf, withClient } from './server.mjs';
import { load } from './load.mjs';

const baseline = '20260101000000';
export const consolidation = '20260127212500';

/** The layouts that are compared, each in a database of its own. */
export const layouts = {
  one: 'one table, as the migrations make it',
  two: 'two tables, with the indexes of the founding layout',
  tuned: 'two tables, with the best indexes found for the queries',
};

/** The hardest rival for the documented queries: no index that none of them reads, and a due time to search by. */
const tunedIndexes = [
  'create index task_execution_idx on attune.workflow_task_execution (execution)',
  'create index task_name_idx on attune.workflow_task_execution (workflow_execution, task_name)',
  'create index task_retry_idx on attune.workflow_task_execution (next_retry_at) where next_retry_at is not null',
];

/** Makes and fills the database of the one table. */
export async function buildOne(serverUrl, urls, options, log) {
  await createDatabase(serverUrl, urls.one);
  await migrate(urls.one, options.stage === 'latest' ? {} : { to: consolidation });
  await withClient(urls.one, async (client) => {
    await load(client, 'one', options.rows);
    if (options.try !== undefined) {
      await client.query(await readFile(options.try, 'utf8'));
      await client.query('analyze attune.execution');
    }
  });
  log('one table is filled');
}

/** Makes and fills a database as the founding layout left it, before the consolidation. */
export async function loadOld(serverUrl, url, rows) {
  await createDatabase(serverUrl, url);
  await migrate(url, { to: baseline });
  await withClient(url, (client) => load(client, 'two', rows));
}

/** Makes and fills the two databases of two tables. */
export async function buildTwo(serverUrl, urls, { rows, stage }, log) {
  if (stage === 'latest') {
    await createDatabase(serverUrl, urls.two);
    await migrate(urls.two);
    await withClient(urls.two, separate);
    await withClient(urls.two, (client) => load(client, 'two', rows));
  } else {
    await loadOld(serverUrl, urls.two, rows);
  }
  log('two tables are filled');
  await createDatabase(serverUrl, urls.tuned, nameOf(urls.two));
  await withClient(urls.tuned, tune);
  log('two tables are filled and tuned');
}

/** Takes the consolidation, and nothing else, out of the latest schema: what Attune would be on two tables. */
async function separate(client) {
  const { rows } = await client.query(`
    select format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass) as statement
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where t.tgrelid in ('attune.execution'::regclass, 'attune.workflow_execution'::regclass)
      and not t.tgisinternal and p.prosrc like '%workflow_task%'`);
  for (const { statement } of rows) await client.query(statement);
  // indexes, statistics, checks and views of the column go with it
  await client.query('alter table attune.execution drop column workflow_task cascade');
  await client.query(await oldTable());
}

/** The old table with its indexes, as the baseline migration makes it. */
async function oldTable() {
  const folder = path.join(path.dirname(fileURLToPath(import.meta.resolve('@attune/db/package.json'))), 'migrations');
  const text = await readFile(path.join(folder, `${baseline}_baseline.sql`), 'utf8');
  return text
    .match(/^create (?:table attune\.workflow_task_execution \([\s\S]*?^\)|index workflow_task_execution_.*?);$/gm)
    .join('\n');
}

async function tune(client) {
  const { rows } = await client.query(`
    select indexrelid::regclass::text as index from pg_index
    where indrelid = 'attune.workflow_task_execution'::regclass and not indisprimary`);
  for (const { index } of rows) await client.query(`drop index ${index}`);
  for (const statement of tunedIndexes) await client.query(statement);
  await client.query('vacuum (analyze) attune.workflow_task_execution');
}

/** Bytes of the tables and of each index, largest first. */
export async function sizes(client) {
  const { rows } = await client.query(`
    select c.oid::regclass::text as name, c.relkind = 'r' as is_table, pg_relation_size(c.oid) as bytes
    from pg_class c left join pg_index i on i.indexrelid = c.oid
    where coalesce(i.indrelid, c.oid) in
      ('attune.execution'::regclass, to_regclass('attune.workflow_task_execution'))
    order by 2 desc, pg_relation_size(c.oid) desc, 1`);
  return rows.map((row) => ({ ...row, bytes: Number(row.bytes) }));
}
