import { sql, type Tx } from '../database.ts';

/** A schema as the catalogs tell it, without the names that do not matter: of constraints, indexes and sequences, and of the schema. */
export interface Layout {
  /** Labels of each enum type, sorted. */
  enums: Map<string, string[]>;
  tables: Map<string, Table>;
}

export interface Table {
  columns: Map<string, Column>;
  /** Columns that are unique together, the primary key among them: `owner, owner_type`, sorted. */
  unique: Set<string>;
  /** Foreign keys as `pack > pack cascade`. */
  references: Set<string>;
  checks: Check[];
  triggers: Trigger[];
  /** Indexes that are no rule: their definition without names, and the name. */
  indexes: Map<string, string>;
  /** What makes rows behave otherwise than written: row security, rewrite rules, another kind of relation. */
  oddities: string[];
}

export interface Column {
  /** As `character varying(64)`, without the type's schema. */
  type: string;
  required: boolean;
  /** The default in one spelling, `sequence` for numbered columns; null without. */
  default: string | null;
}

export interface Check {
  name: string;
  /** The condition as PostgreSQL prints it. */
  condition: string;
  columns: string[];
}

export interface Trigger {
  name: string;
  /** Source of the function it calls. */
  source: string;
}

/** The tables of one schema; others than `only` are left out. */
export async function readLayout(tx: Tx, schema: string, only: readonly string[]): Promise<Layout> {
  const enums = await tx.many<{ name: string; labels: string[] }>(sql`
    select t.typname as name, array_agg(e.enumlabel::text order by e.enumlabel::text) as labels
    from pg_type t join pg_enum e on e.enumtypid = t.oid
    where t.typnamespace = to_regnamespace(${schema}) group by t.typname`);
  const tables = new Map<string, Table>();
  const found = await tx.many<{ oid: number; name: string; oddities: string[] }>(sql`
    select c.oid::int as oid, c.relname as name, array_remove(array[
      case when c.relkind <> 'r' then 'it is no ordinary table' end,
      case when c.relrowsecurity then 'row security is on' end,
      case when exists (select from pg_rewrite r where r.ev_class = c.oid and c.relkind = 'r') then 'a rule rewrites its statements' end,
      case when exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent)) then 'it inherits' end
    ], null) as oddities
    from pg_class c
    where c.relnamespace = to_regnamespace(${schema}) and c.relname = any(${only}::text[])
      and c.relkind in ('r', 'v', 'm', 'f', 'p')`);
  for (const { oid, name, oddities } of found) tables.set(name, { ...(await readTable(tx, oid)), oddities });
  return { enums: new Map(enums.map(({ name, labels }) => [name, labels])), tables };
}

async function readTable(tx: Tx, oid: number): Promise<Omit<Table, 'oddities'>> {
  const columns = await tx.many<{ name: string; type: string; required: boolean; default: string | null }>(sql`
    select a.attname as name, regexp_replace(format_type(a.atttypid, a.atttypmod), '^[a-z_]+\\.', '') as type,
      a.attnotnull as required,
      case when a.attidentity <> '' then 'nextval()' when a.attgenerated <> '' then 'generated' else pg_get_expr(d.adbin, d.adrelid) end as default
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = ${oid} and a.attnum > 0 and not a.attisdropped`);
  const unique = await tx.many<{ columns: string }>(sql`
    select coalesce(string_agg(a.attname, ', ' order by a.attname), 'an expression')
      || case when i.indpred is null then '' else ' where ' || pg_get_expr(i.indpred, i.indrelid) end as columns
    from pg_index i left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indrelid = ${oid} and i.indisunique and i.indisvalid
    group by i.indexrelid, i.indpred, i.indrelid`);
  const references = await tx.many<{ reference: string }>(sql`
    select format('%s > %s %s', string_agg(a.attname, ', ' order by a.attname), c.relname,
      case k.confdeltype when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' else 'no action' end)
      || case when k.convalidated then '' else ' (not validated)' end as reference
    from pg_constraint k join pg_class c on c.oid = k.confrelid
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any(k.conkey)
    where k.conrelid = ${oid} and k.contype = 'f'
    group by k.oid, c.relname, k.confdeltype, k.convalidated`);
  const checks = await tx.many<Check>(sql`
    select k.conname as name, regexp_replace(pg_get_expr(k.conbin, k.conrelid, true), '\\s+', ' ', 'g') as condition,
      array(select a.attname::text from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any(k.conkey) order by 1) as columns
    from pg_constraint k where k.conrelid = ${oid} and k.contype = 'c' order by 1`);
  const triggers = await tx.many<Trigger>(sql`
    select t.tgname as name, p.prosrc as source from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where t.tgrelid = ${oid} and not t.tgisinternal order by 1`);
  const indexes = await tx.many<{ name: string; definition: string }>(sql`
    select c.relname as name, regexp_replace(pg_get_indexdef(c.oid), '^CREATE INDEX .* USING', 'USING') as definition
    from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = ${oid} and not i.indisunique order by 1`);
  return {
    indexes: new Map(indexes.map(({ name, definition }) => [definition, name])),
    columns: new Map(
      columns.map(({ name, ...column }) => [name, { ...column, default: inOneSpelling(column.default) }]),
    ),
    unique: new Set(unique.map((row) => row.columns)),
    references: new Set(references.map(({ reference }) => reference)),
    checks,
    triggers,
  };
}

function inOneSpelling(expression: string | null): string | null {
  if (expression === null) return null;
  if (expression.startsWith('nextval(')) return 'sequence';
  const bare = expression.replace(/::(?:[a-z_]+\.)?[a-z_"]+(?: varying| with time zone)?(?:\(\d+\))?(?:\[\])?/g, '');
  const known = new Map([
    ['ARRAY[]', "'{}'"],
    ['CURRENT_TIMESTAMP', 'now()'],
  ]);
  return known.get(bare) ?? bare;
}
