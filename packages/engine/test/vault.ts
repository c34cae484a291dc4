import { AttuneError, type Vault } from '@attune/core';
import { openDatabase, sql, type Database } from '@attune/db';
import { expect } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';

/** Reversible, and nothing of the text is left in it; it refuses what it did not seal, as the real one does. */
export const vault: Vault = {
  seal: (text) => `v1.test.${Buffer.from(text).toString('hex')}`,
  open: (envelope) => {
    const [version, key, content = ''] = envelope.split('.');
    if (version !== 'v1' || key !== 'test' || !/^([0-9a-f]{2})*$/.test(content)) {
      throw new AttuneError('configuration', 'A stored secret was encrypted under another key');
    }
    return Buffer.from(content, 'hex').toString();
  },
};

/** A database whose connections can keep secrets. */
export async function secretDatabase(): Promise<{ db: Database } & AsyncDisposable> {
  const fresh = await freshDatabase();
  const db = openDatabase(fresh.url, { vault });
  return {
    db,
    async [Symbol.asyncDispose]() {
      await db.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

/** Every row of every table as text, binary columns as the text they hold. */
export async function everyRow(db: Database): Promise<{ table: string; row: string }[]> {
  const tables = await db.many<{ table: string; text: string }>(sql`
    select format('%I.%I', n.nspname, c.relname) as table,
      string_agg(case a.atttypid when 'bytea'::regtype then format('coalesce(encode(%I, ''escape''), '''')', a.attname)
        else format('coalesce(%I::text, '''')', a.attname) end, ' || '' '' || ') as text
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind = 'r' and n.nspname in ('attune', 'public', 'attune_archive', 'attune_migration') group by 1`);
  const rows: { table: string; row: string }[] = [];
  for (const { table, text } of tables) {
    for (const { row } of await db.list<{ row: string }>(sql`select ${sql.raw(text)} as row from ${sql.raw(table)}`)) {
      rows.push({ table, row });
    }
  }
  return rows;
}

/** No table holds any of these texts in clear, except where `isAllowed` says so. */
export async function expectNowhere(
  db: Database,
  texts: readonly string[],
  isAllowed: (table: string, row: string) => boolean = () => false,
): Promise<void> {
  const rows = await everyRow(db);
  expect(rows.length).toBeGreaterThan(10);
  const found = rows.filter(({ table, row }) => texts.some((text) => row.includes(text)) && !isAllowed(table, row));
  expect(found).toEqual([]);
}
