import type { RawBuilder } from 'kysely';
import { sql, type Tx } from '../database.ts';
import { compare, type Difference, type Plan } from './compare.ts';
import { readFoundingLayout } from './founding.ts';
import { readLayout, type Layout } from './layout.ts';

/** An old database, as found. */
export interface Survey {
  /** Where its tables stand. */
  schema: 'attune' | 'public';
  /** Whether task metadata is in `execution.workflow_task` already. */
  consolidated: boolean;
  plan: Plan;
}

/** Looks for tables of the founding layout; undefined where there are none. Changes nothing that outlives the transaction. */
export async function survey(tx: Tx): Promise<Survey | undefined> {
  const expected = await readFoundingLayout(tx);
  const names = [...expected.tables.keys()];
  const inAttune = await readLayout(tx, 'attune', names);
  const inPublic = await readLayout(tx, 'public', names);
  const isOld = { attune: inAttune.tables.size > 0, public: isOfAttune(inPublic) };
  if (!isOld.attune && !isOld.public) return undefined;

  const schema = isOld.attune ? 'attune' : 'public';
  const found = schema === 'attune' ? inAttune : inPublic;
  const task = found.tables.get('execution')?.columns.get('workflow_task');
  const consolidated = task !== undefined && !found.tables.has('workflow_task_execution');
  if (task !== undefined) {
    expected.tables.get('execution')?.columns.set('workflow_task', { type: 'jsonb', required: false, default: null });
  }
  if (consolidated) expected.tables.delete('workflow_task_execution');
  const plan = compare(expected, found);
  if (isOld.attune && isOld.public) {
    plan.differences.push({
      kind: 'refused',
      message: 'Tables of the founding layout stand in both schemas, attune and public.',
    });
  }
  if (schema === 'public') {
    plan.differences.push({
      kind: 'repaired',
      message: 'The tables stand in schema public: they move to schema attune.',
    });
  }
  plan.differences.push(...(await offendingRows(tx, schema, plan)), ...(await extras(tx, schema, names)));
  if (consolidated) plan.differences.push(...(await defects(tx, schema)));
  return { schema, consolidated, plan };
}

/** Tables called `execution` or `key` are no proof in a schema that belongs to everybody. */
const isOfAttune = ({ tables }: Layout) =>
  tables.has('execution') &&
  ['enforcement', 'workflow_execution', 'workflow_task_execution'].some((name) => tables.has(name));

/** Rows that do not pass a check of ours that was written otherwise, and values that point to tables that are missing. */
async function offendingRows(tx: Tx, schema: string, plan: Plan): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const { table, add } of plan.replaceChecks) {
    const ids = await idsOf(tx, sql`${sql.id(schema, table)} where not (${sql.raw(add.condition)})`);
    if (ids !== null)
      found.push({ kind: 'refused', message: `Rows of ${table} do not pass ${add.condition}: ${ids}.` });
  }
  for (const { table, reference } of plan.addReferences) {
    const column = reference.split(' ', 1)[0] ?? '';
    const ids = await idsOf(tx, sql`${sql.id(schema, table)} where ${sql.id(column)} is not null`);
    if (ids !== null)
      found.push({ kind: 'refused', message: `Rows of ${table} name a ${column} that cannot be there: ${ids}.` });
  }
  return found;
}

/** Ids of the first rows `from` a table, as text; null where there are none. */
async function idsOf(tx: Tx, from: RawBuilder<unknown>): Promise<string | null> {
  const rows = await tx.list<{ id: string }>(sql`select id::text as id from ${from} order by id limit 101`);
  if (rows.length === 0) return null;
  return (
    rows
      .slice(0, 100)
      .map(({ id }) => id)
      .join(', ') + (rows.length > 100 ? ' and more' : '')
  );
}

/** Whatever else is there. It stays, and is listed so that nobody has to wonder. */
async function extras(tx: Tx, schema: string, names: readonly string[]): Promise<Difference[]> {
  const rows = await tx.many<{ kind: string; name: string }>(sql`
    select case when c.relkind in ('v', 'm') then 'view' else 'table' end as kind, c.relname as name
    from pg_class c
    where c.relnamespace = to_regnamespace(${schema}) and c.relkind in ('r', 'p', 'f', 'v', 'm')
      and not c.relname = any(${names}::text[])
    order by 1, 2`);
  return rows.map(({ kind, name }) => ({
    kind: 'harmless',
    message: `The ${kind} ${name} is none of ours: it stays.`,
  }));
}

/** What the original's own consolidation left: JSON null, tasks without a run, and times that nobody can check any more. */
async function defects(tx: Tx, schema: string): Promise<Difference[]> {
  const found: Difference[] = [];
  const execution = sql.id(schema, 'execution');
  const [nulls] = await tx.list<{ rows: string }>(
    sql`select count(*) as rows from ${execution} where workflow_task = 'null'`,
  );
  if (nulls !== undefined && nulls.rows !== '0') {
    found.push({
      kind: 'repaired',
      message: `${nulls.rows} executions outside any workflow hold JSON null in workflow_task: it becomes SQL NULL.`,
    });
  }
  const missing = ['execution_workflow_task_idx', 'execution_workflow_retry_idx'];
  found.push({
    kind: 'repaired',
    message: `The indexes of the documented queries are missing: ${missing.join(', ')} are made.`,
  });
  const orphans = await idsOf(
    tx,
    sql`${execution} where jsonb_typeof(workflow_task) = 'object' and not exists (
      select from ${sql.id(schema, 'workflow_execution')} w where w.id::text = workflow_task->>'workflow_execution')`,
  );
  if (orphans !== null) {
    found.push({
      kind: 'harmless',
      message: `These executions are tasks of a workflow execution that is gone, and stay so: ${orphans}.`,
    });
  }
  found.push({
    kind: 'harmless',
    message:
      'The original wrote task times in the zone of its session and called them UTC; results, errors and surplus rows of the old table are gone. That cannot be seen or put right here.',
  });
  return found;
}
