import { sql, type Database } from '../database.ts';

/** One table before and after, value for value. */
export interface Comparison {
  table: string;
  rows: number;
  /** Keys of rows that are missing or different afterwards; the first of them. */
  different: string[];
}

const keptIn = sql.raw('attune_rehearsal.digest');
const shown = 20;

interface Kept {
  table: string;
  columns: string[];
}

/** Keeps a digest of every row, to be compared later. Call `compare` on what it returns. */
export async function keepDigests(db: Database): Promise<Kept[]> {
  await db.list(sql`create schema attune_rehearsal`);
  await db.list(sql`create table ${keptIn} (relation text, key text, digest text)`);
  const tables = await db.list<{ table: string; columns: string[] }>(sql`
    select format('%I.%I', n.nspname, c.relname) as table, array_agg(quote_ident(a.attname) order by a.attname) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind = 'r' and n.nspname in ('attune', 'public', 'attune_archive') group by 1 order by 1`);
  for (const { table, columns } of tables) {
    await db.list(sql`insert into ${keptIn} select ${table}, * from (${rowDigests(table, columns)}) row`);
  }
  return tables;
}

/** Reads every row again, by the columns it had: those of the old task table where the consolidation keeps them. Tables that moved
 *  from schema public are looked for in attune. */
export async function compareDigests(db: Database, kept: readonly Kept[]): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const { table, columns } of kept) {
    const [now] = await db.list<{ table: string | null }>(sql`
      select coalesce(to_regclass(${table}), to_regclass(${table.replace(/^public\./, 'attune.')}),
        to_regclass(${table.replace(/^(?:attune|public)\./, 'attune_archive.')}))::oid::regclass::text as table`);
    const rows = await db.one<{ rows: number }>(sql`
      select count(*)::int as rows from ${keptIn} where relation = ${table}`);
    const afterwards =
      now?.table == null
        ? sql`select null::text as key, null::text as digest where false`
        : rowDigests(now.table, columns);
    const different = await db.list<{ key: string }>(sql`
      select key from (
        select key, digest from ${keptIn} where relation = ${table}
        except select key, digest from (${afterwards}) afterwards
      ) missing order by key limit ${shown}`);
    comparisons.push({ table, rows: rows.rows, different: different.map(({ key }) => key) });
  }
  return comparisons;
}

/** The key is the id where there is one, else the row's digest itself. */
const rowDigests = (table: string, columns: readonly string[]) => sql<{ key: string; digest: string }>`
  select ${sql.raw(columns.includes('id') ? 'id::text' : `md5(row(${columns.join(', ')})::text)`)} as key,
    md5(row(${sql.raw(columns.join(', '))})::text) as digest
  from ${sql.raw(table)}`;
