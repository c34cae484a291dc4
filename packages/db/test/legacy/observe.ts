import { sql, type Database } from '../../src/database.ts';
import { schemaSnapshot } from '../../src/schema-snapshot.ts';

/** Everything of the old layout that an upgrade and the way back have to leave as it was. */
export interface Observed {
  /** Every row of every table of schema attune, as text, by table; without the column that the upgrade adds. */
  rows: Record<string, string[]>;
  /** Where each sequence stands. */
  sequences: unknown[];
  /** Name and state of the triggers of others on `execution`. */
  triggers: unknown[];
  /** Columns of workflow_task_detail with their types. */
  viewColumns: unknown[];
  /** Who may do what with the tables and views. */
  grants: unknown[];
  /** What a view of others shows that is built on workflow_task_detail. */
  slowTasks: number;
  /** How often a trigger of the old system did something. */
  noticed: number;
  schema: string;
}

export async function observe(db: Database): Promise<Observed> {
  const tables = await db.many<{ name: string }>(sql`
    select tablename as name from pg_tables where schemaname = 'attune' order by 1`);
  const rows: Record<string, string[]> = {};
  for (const { name } of tables) {
    const lines = await db.list<{ line: string }>(sql`
      select (to_jsonb(t) - 'workflow_task')::text as line from ${sql.id('attune', name)} t order by 1`);
    rows[name] = lines.map(({ line }) => line);
  }
  return {
    rows,
    sequences: await db.many(sql`
      select sequencename as name, last_value from pg_sequences where schemaname = 'attune' order by 1`),
    triggers: await db.many(sql`
      select tgname as name, tgenabled::text as state from pg_trigger
      where tgrelid = 'attune.execution'::regclass and not tgisinternal and tgname like 'execution\\_%'
        and tgname <> 'execution_workflow_task_check' order by 1`),
    viewColumns: await db.many(sql`
      select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = to_regclass('attune.workflow_task_detail') and attnum > 0 order by attnum`),
    grants: await db.many(sql`
      select relname as name, relacl::text as grants from pg_class
      where relnamespace = 'attune'::regnamespace and relkind in ('r', 'v') and relacl is not null order by 1`),
    slowTasks: (await db.one<{ rows: number }>(sql`select count(*)::int as rows from public.slow_task`)).rows,
    noticed: (await db.one<{ rows: number }>(sql`select count(*)::int as rows from public.noticed`)).rows,
    schema: await schemaSnapshot(db),
  };
}
