import { sql, type Database, type Tx } from '../database.ts';
import type { TableColumns } from './schema-copy.ts';

/** Rows that travel together: enough to be quick, few enough that large results fit into memory. */
const batchRows = 2_000;

/** Copies a table's rows as text, which every type reads back as it wrote it.
 *  @returns how many. */
export async function copyRows(from: Tx, to: Database, { name, columns }: TableColumns): Promise<number> {
  if (columns.length === 0) return 0;
  const texts = columns.map((column, at) => `${column.name}::text as c${at}`).join(', ');
  await from.list(sql.raw(`declare rows no scroll cursor for select ${texts} from ${name}`));
  let copied = 0;
  for (;;) {
    const rows = await from.list<Record<string, string | null>>(sql.raw(`fetch ${batchRows} from rows`));
    if (rows.length === 0) break;
    const values = columns.map((_, at) => rows.map((row) => row[`c${at}`] ?? null));
    const names = columns.map((column) => column.name).join(', ');
    const typed = columns.map(({ type }, at) => `c${at}::${type}`).join(', ');
    await to.list(sql`
      insert into ${sql.raw(name)} (${sql.raw(names)}) overriding system value
      select ${sql.raw(typed)} from unnest(${sql.join(values.map((column) => sql`${column}::text[]`))})
        as row(${sql.raw(columns.map((_, at) => `c${at}`).join(', '))})`);
    copied += rows.length;
  }
  await from.list(sql`close rows`);
  return copied;
}
