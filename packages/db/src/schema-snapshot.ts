import { sql, type Database, type Tx } from './database.ts';

// The schema as SQL, read from the catalogs, because the embedded server brings no pg_dump. The text depends neither on the
// server's version nor on the order in which things came to be: two databases have the same schema when their texts are equal.

interface Line {
  line: string;
}

/** What the migrations made, as SQL that makes it again. */
export const schemaSnapshot = (db: Database): Promise<string> =>
  db.transaction(async (tx) => {
    // every name is printed with its schema
    await tx.run(sql`select set_config('search_path', '', true)`);
    const parts: Line[][] = [];
    for (const part of [schemas, types, functions]) parts.push(await tx.list(part));
    parts.push(await tables(tx));
    for (const part of [foreignKeys, indexes, statistics, views, triggers]) parts.push(await tx.list(part));
    const texts = parts.filter((lines) => lines.length > 0).map((lines) => lines.map(({ line }) => line).join('\n'));
    return `-- Printed from the catalogs after the last migration; see schema-snapshot.ts.\n\n${texts.join('\n\n')}\n`;
  });

const ours = sql`n.nspname in ('attune', 'attune_archive')`;

/** An object's comment as a line of its own above it. */
const commentOn = (catalog: string, oid: string) =>
  sql`coalesce('-- ' || obj_description(${sql.raw(oid)}, ${sql.lit(catalog)}) || E'\\n', '')`;

const schemas = sql<Line>`
  select format('create schema %s;', n.nspname) as line from pg_namespace n where ${ours} order by n.nspname`;

const types = sql<Line>`
  select format('create type %s.%s as enum (%s);', n.nspname, t.typname,
    string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)) as line
  from pg_type t join pg_namespace n on n.oid = t.typnamespace join pg_enum e on e.enumtypid = t.oid
  where ${ours}
  group by n.nspname, t.typname
  order by n.nspname, t.typname`;

const functions = sql<Line>`
  select ${commentOn('pg_proc', 'p.oid')} || rtrim(pg_get_functiondef(p.oid), E'\\n') || ';' as line
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where ${ours}
  order by n.nspname, p.proname`;

async function tables(tx: Tx): Promise<Line[]> {
  const found = await tx.list<{ oid: number; head: string }>(sql`
    select c.oid::int as oid, ${commentOn('pg_class', 'c.oid')} || format('create table %s.%s (', n.nspname, c.relname) as head
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and c.relkind = 'r'
    order by n.nspname, c.relname`);
  const blocks: Line[] = [];
  for (const { oid, head } of found) {
    const parts = [...(await tx.list(columnsOf(oid))), ...(await tx.list(constraintsOf(oid)))];
    blocks.push({ line: `${head}\n${parts.map(({ line }) => `  ${line}`).join(',\n')}\n);` });
  }
  return blocks;
}

// by name: an added column stands last in its table, whatever way the database came
const columnsOf = (oid: number) => sql<Line>`
  select format('%I ', a.attname)
    || case
      when pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) is not null then 'bigserial'
      else format_type(a.atttypid, a.atttypmod) || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
    end
    || case when a.attnotnull then ' not null' else '' end as line
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = ${oid} and a.attnum > 0 and not a.attisdropped
  order by a.attname <> 'id', a.attname`;

const definition = sql.raw(String.raw`regexp_replace(pg_get_constraintdef(k.oid, true), '\s+', ' ', 'g')`);

// PostgreSQL 18 keeps NOT NULL as constraints, too; they stand beside their columns already
const constraintsOf = (oid: number) => sql<Line>`
  select format('constraint %I %s', k.conname, ${definition}) as line
  from pg_constraint k
  where k.conrelid = ${oid} and k.contype in ('p', 'u', 'c') and k.convalidated
  order by k.contype = 'p' desc, k.conname`;

/** What refers to other tables, or holds for new rows only, cannot stand inside `create table`. */
const foreignKeys = sql<Line>`
  select format('alter table %s add constraint %I %s;', k.conrelid::regclass, k.conname, ${definition}) as line
  from pg_constraint k join pg_namespace n on n.oid = k.connamespace
  where ${ours} and (k.contype = 'f' or (k.contype = 'c' and not k.convalidated))
  order by k.conrelid::regclass::text, k.conname`;

const indexes = sql<Line>`
  select ${commentOn('pg_class', 'i.indexrelid')} || pg_get_indexdef(i.indexrelid) || ';' as line
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  join pg_namespace n on n.oid = c.relnamespace
  where ${ours}
    and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u'))
  order by i.indrelid::regclass::text, c.relname`;

const statistics = sql<Line>`
  select ${commentOn('pg_statistic_ext', 's.oid')} || pg_get_statisticsobjdef(s.oid) || ';' as line
  from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
  where ${ours}
  order by s.stxname`;

const views = sql<Line>`
  select ${commentOn('pg_class', 'c.oid')}
    || format(E'create view %s.%s as\\n%s', n.nspname, c.relname, pg_get_viewdef(c.oid, true)) as line
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and c.relkind = 'v'
  order by n.nspname, c.relname`;

const triggers = sql<Line>`
  select pg_get_triggerdef(t.oid, true) || ';' as line
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where ${ours} and not t.tgisinternal
  order by c.relname, t.tgname`;
