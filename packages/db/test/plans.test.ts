import type { Json } from '@attune/core';
import { beforeAll, expect, test } from 'vitest';
import { emptyDatabase, type TestDatabase } from '../../../testing/database.ts';
import { sql } from '../src/database.ts';
import { migrate } from '../src/migrate.ts';
import { verify } from '../src/verify/index.ts';
import { rules } from '../src/verify/rules.ts';
import { baseline } from './legacy/run-file.ts';

// The documented queries, word for word, on a database that went through the consolidation. ATTUNE_PLAN_ROWS=2000000 looks at the
// size that counts; half the executions are tasks, twenty to a workflow, ten workflows interleaved, one in a thousand to be retried.
const rows = Number(process.env['ATTUNE_PLAN_ROWS'] ?? 20_000);
const run = 123;

const selective: [string, string, number][] = [
  [
    'by workflow execution',
    `SELECT * FROM attune.execution \nWHERE workflow_task->>'workflow_execution' = '${run}';`,
    20,
  ],
  [
    'by name',
    `SELECT * FROM attune.execution \nWHERE workflow_task->>'workflow_execution' = '${run}'\n  AND workflow_task->>'task_name' = 'task_7';`,
    1,
  ],
  [
    'pending retry',
    `SELECT * FROM attune.execution 
WHERE workflow_task IS NOT NULL
  AND workflow_task->>'next_retry_at' IS NOT NULL
  AND (workflow_task->>'next_retry_at')::timestamptz <= NOW()
  AND (workflow_task->>'retry_count')::int < (workflow_task->>'max_retries')::int;`,
    rows / 2000,
  ],
  [
    'typed, by workflow execution',
    `select id, status, task_name from attune.workflow_task where workflow_execution = ${run}`,
    20,
  ],
  [
    'typed, by name',
    `select * from attune.workflow_task where workflow_execution = ${run} and task_name = 'task_7'`,
    1,
  ],
  [
    'the detail view, by workflow execution',
    `select * from attune.workflow_task_detail where workflow_execution = ${run}`,
    20,
  ],
];

let database: TestDatabase;

beforeAll(async () => {
  database = await emptyDatabase();
  await migrate(database.url, { to: baseline });
  await database.db.list(
    sql.raw(`
    insert into attune.pack (ref, label, version) values ('old', 'Old', '1.0.0');
    insert into attune.workflow_definition (ref, pack, pack_ref, label, version, definition)
      values ('old.flow', 1, 'old', 'Flow', '1', '{}');
    insert into attune.execution (action_ref, status, config, result)
      select 'core.echo', 'completed', '{"message": "hello"}', '{"exit_code": 0, "stdout": "hello"}' from generate_series(1, ${rows});
    insert into attune.workflow_execution (execution, workflow_def, task_graph)
      select i, 1, '{}' from generate_series(1, ${rows / 40}) i;
    insert into attune.workflow_task_execution (workflow_execution, execution, task_name, max_retries, next_retry_at)
      select i / 200 * 10 + i % 10 + 1, ${rows / 2} + i + 1, 'task_' || i % 200 / 10, 3,
        case when i % 1000 = 500 then now() - interval '1 minute' end
      from generate_series(0, ${rows / 2} - 1) i;
    analyze`),
  );
  await migrate(database.url);
}, 900_000);

test.each(selective)('%s finds its rows by an index, and reads little else', async (_name, query, expected) => {
  const explained = await database.db.list<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    sql.raw(`explain (analyze, buffers, format json) ${query}`),
  );
  const plan = explained[0]?.['QUERY PLAN'][0].Plan;
  if (plan === undefined) throw new Error('No plan');
  const text = JSON.stringify(plan);
  expect(text).toMatch(/execution_workflow_(task|retry)_idx/);
  expect(
    nodesOf(plan).filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'workflow_definition'),
  ).toEqual([]);
  expect(plan['Actual Rows']).toBe(expected);
  const pages = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  // a page per row and index level, and then some
  expect(pages).toBeLessThanOrEqual(expected * 4 + 12);
});

test('the rules of the consolidation are looked at without comparing each task with each run', async () => {
  const verdicts = await verify(database.url);
  expect(verdicts.flatMap(({ offenders }) => offenders)).toEqual([]);
  const explained = await database.db.list<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    sql`explain (format json) ${rules.find(({ name }) => name.startsWith('Every task belongs'))?.offenders ?? sql``}`,
  );
  expect(JSON.stringify(explained)).not.toContain('Anti');
});

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
  [key: string]: Json | PlanNode[] | undefined;
}

const nodesOf = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
