import { sql, type Database } from '@attune/db';
import { expect } from 'vitest';

/** Every row of every table as text, binary columns as the text they hold. */
export async function everyRow(db: Database): Promise<{ table: string; row: string }[]> {
  const tables = await db.many<{ table: string; text: string }>(sql`
    select format('%I.%I', n.nspname, c.relname) as table,
      string_agg(case a.atttypid when 'bytea'::regtype then format('coalesce(encode(%I, ''escape''), '''')', a.attname)
        else format('coalesce(%I::text, '''')', a.attname) end, ' || '' '' || ') as text
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') group by 1`);
  const rows: { table: string; row: string }[] = [];
  for (const { table, text } of tables) {
    for (const { row } of await db.list<{ row: string }>(sql`select ${sql.raw(text)} as row from ${sql.raw(table)}`)) {
      rows.push({ table, row });
    }
  }
  return rows;
}

/** No row of any table holds any of these texts in clear. */
export async function expectInNoRow(db: Database, texts: readonly string[]): Promise<void> {
  const rows = await everyRow(db);
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter(({ row }) => texts.some((text) => row.includes(text)))).toEqual([]);
}
