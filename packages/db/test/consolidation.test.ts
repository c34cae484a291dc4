import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { emptyDatabase, type TestDatabase } from '../../../testing/database.ts';
import { sql } from '../src/database.ts';
import { migrate, rollback } from '../src/migrate.ts';
import { migrationFolder } from '../src/migration-files.ts';
import { schemaSnapshot } from '../src/schema-snapshot.ts';

const baseline = '20260101000000_baseline';
const consolidation = '20260127212500_consolidate_workflow_task_execution';

/** Old rows that are awkward to keep: zones and doubled hours, the ends of time, 64-bit numbers, results that differ from the
 *  execution's, two rows for one execution, and names that hold anything. */
const oldRows = `
  insert into attune.pack (ref, label, version) values ('old', 'Old', '1.0.0');
  insert into attune.workflow_definition (ref, pack, pack_ref, label, version, definition)
    values ('old.flow', 1, 'old', 'Flow', '1', '{}');
  insert into attune.execution (action_ref, status, result, config, created, updated) values
    ('old.flow', 'running', null, null, '2025-01-01 00:00:00+00', '2025-01-02 00:00:00+00'),
    ('a', 'completed', '{"n": 12345678901234567890}', null, '2025-10-26 01:30:00.123456+02', '2025-10-26 01:30:00.123457+01'),
    ('b', 'failed', 'null', null, '1970-01-01 00:00:00.000001+00', '9999-12-31 23:59:59.999999+00'),
    ('c', 'running', null, null, '2025-03-30 03:00:00+02', '2025-03-30 03:00:00+02'),
    ('direct', 'completed', null, '{"workflow_execution": 1, "task_name": "decoy"}', now(), now());
  insert into attune.workflow_execution (execution, workflow_def, task_graph) values (1, 1, '{}');
  insert into attune.workflow_task_execution (workflow_execution, execution, task_name, task_index, task_batch, status, started_at,
    completed_at, duration_ms, result, error, retry_count, max_retries, next_retry_at, timeout_seconds, timed_out, created,
    updated)
  values
    (1, 2, E'quote '' "double"\\nline % _ 😀 名前', 0, 2147483647, 'failed', '2025-10-26 02:30:00.5+02',
      '2025-10-26 02:30:00.5+01', 9223372036854775807, '{"other": true}', '{"code": 1}', 3, 3,
      '1970-01-01 00:00:00+00', 60, true, '2024-01-01 00:00:00.000001+00', '2024-01-02 00:00:00+00'),
    (1, 3, '', null, null, 'running', null, null, null, 'null', null, 0, 2147483647, 'infinity', null, false, now(), now()),
    (1, 4, repeat('ü', 255), -1, null, 'requested', '-infinity', '9999-12-31 23:59:59.999999+00', 0, null, null, 0, 0, null,
      0, false, now(), now()),
    (1, 4, 'younger', null, null, 'abandoned', '0044-03-15 12:00:00+00 BC', '12000-01-01 00:00:00+00', null, null, '"text"', 1, 2,
      '2025-06-01 12:00:00+00', null, false, now(), now());
  alter sequence attune.workflow_task_execution_id_seq restart with 100;`;

async function oldDatabase(): Promise<TestDatabase> {
  const database = await emptyDatabase();
  await migrate(database.url, { to: baseline });
  await run(database, oldRows);
  return database;
}

const run = (database: TestDatabase, script: string) => database.db.list(sql.raw(script));

/** All values of the old layout, to the last digit. */
const contents = (database: TestDatabase) =>
  database.db.many<{ line: string }>(sql`
    select 'execution ' || to_jsonb(e)::text as line from execution e
    union all select 'task ' || to_jsonb(t)::text from workflow_task_execution t
    union all select 'sequence ' || to_jsonb(s)::text from (select last_value, is_called from workflow_task_execution_id_seq) s
    order by 1`);

const zones = ['UTC', 'America/Chicago', 'Asia/Kathmandu', 'Pacific/Apia', 'Europe/Berlin'];

test.each(zones)('a session in %s keeps every value, and the way back restores it', async (zone) => {
  await using database = await oldDatabase();
  const before = { contents: await contents(database), schema: await schemaSnapshot(database.db) };
  await inZone(database, zone, `${consolidation}.sql`);

  const tasks = await database.db.many<{ id: string; workflow_task: unknown }>(sql`
    select id, workflow_task from execution order by id`);
  expect(tasks.map(({ workflow_task }) => workflow_task)).toEqual([
    null,
    {
      workflow_execution: 1,
      task_name: `quote ' "double"\nline % _ 😀 名前`,
      task_index: 0,
      task_batch: 2147483647,
      retry_count: 3,
      max_retries: 3,
      next_retry_at: '1970-01-01T00:00:00.000000Z',
      timeout_seconds: 60,
      timed_out: true,
      duration_ms: 9223372036854775807n,
      started_at: '2025-10-26T00:30:00.500000Z',
      completed_at: '2025-10-26T01:30:00.500000Z',
    },
    {
      workflow_execution: 1,
      task_name: '',
      task_index: null,
      task_batch: null,
      retry_count: 0,
      max_retries: 2147483647,
      next_retry_at: 'infinity',
      timeout_seconds: null,
      timed_out: false,
      duration_ms: null,
      started_at: null,
      completed_at: null,
    },
    {
      workflow_execution: 1,
      task_name: 'younger',
      task_index: null,
      task_batch: null,
      retry_count: 1,
      max_retries: 2,
      next_retry_at: '2025-06-01T12:00:00.000000Z',
      timeout_seconds: null,
      timed_out: false,
      duration_ms: null,
      started_at: '0044-03-15 12:00:00.000000+00 BC',
      completed_at: '12000-01-01T00:00:00.000000Z',
    },
    null,
  ]);
  expect(
    await database.db.many(sql`
      select id, task_name = repeat('ü', 255) as older, carried, status, error
      from attune_archive.workflow_task_execution order by id`),
  ).toMatchObject([
    { id: '1', older: false, carried: true, status: 'failed', error: { code: 1 } },
    { id: '2', carried: true, status: 'running' },
    { id: '3', older: true, carried: false, status: 'requested' },
    { id: '4', older: false, carried: true, status: 'abandoned', error: 'text' },
  ]);

  await inZone(database, zone, `${consolidation}.down.sql`);
  expect(await contents(database)).toEqual(before.contents);
  expect(await schemaSnapshot(database.db)).toBe(before.schema);
});

test('executions made in between become old rows, and what changed since keeps its change', async () => {
  await using database = await oldDatabase();
  await migrate(database.url, { to: consolidation });
  await run(
    database,
    `insert into attune.execution (action_ref, status, result, workflow_task)
       select 'new', 'failed', '{"error": {"code": 7}}', workflow_task || '{"task_name": "new"}' from attune.execution where id = 3;
     update attune.execution set status = 'completed', updated = now(),
       workflow_task = workflow_task || '{"retry_count": 1}' where id = 3;`,
  );
  await rollback(database.url, { to: baseline });
  const rows = await database.db.many(sql`
    select id, execution, task_name, status, retry_count, error from workflow_task_execution where id in (2, 100)`);
  expect(rows).toEqual([
    { id: '2', execution: '3', task_name: '', status: 'completed', retry_count: 1, error: null },
    { id: '100', execution: '6', task_name: 'new', status: 'failed', retry_count: 0, error: { code: 7 } },
  ]);
});

test('the old system’s triggers do not notice, and are as awake or asleep afterwards as before', async () => {
  await using database = await oldDatabase();
  await run(
    database,
    `create function attune.forbid() returns trigger language plpgsql as $$ begin raise exception 'noticed'; end $$;
     create trigger awake before update on attune.execution for each row execute function attune.forbid();
     create trigger asleep after update on attune.execution for each row execute function attune.forbid();
     alter table attune.execution disable trigger asleep;`,
  );
  await migrate(database.url, { to: consolidation });
  expect(
    await database.db.many(sql`
      select tgname as name, tgenabled::text as state from pg_trigger
      where tgrelid = 'attune.execution'::regclass and not tgisinternal order by 1`),
  ).toEqual([
    { name: 'asleep', state: 'D' },
    { name: 'awake', state: 'O' },
  ]);
});

describe('refuses, and changes nothing, where', () => {
  test.each([
    [
      'a view of others stands on the old table',
      'create view public.report as select * from attune.workflow_task_execution',
      'public.report|report',
    ],
    [
      'a foreign key of others points to it',
      'create table public.note (task bigint constraint note_task_fkey references attune.workflow_task_execution (id))',
      'note_task_fkey',
    ],
  ])('%s', async (_what, obstacle, named) => {
    await using database = await oldDatabase();
    await run(database, obstacle);
    const before = await contents(database);
    await expect(migrate(database.url)).rejects.toThrow(new RegExp(named));
    expect(await contents(database)).toEqual(before);
  });

  test('somebody holds the table for longer than five seconds', async () => {
    await using database = await oldDatabase();
    const before = await contents(database);
    await database.open().transaction(async (tx) => {
      await tx.run(sql`select from execution limit 1`);
      await expect(migrate(database.url)).rejects.toThrow('lock timeout');
    });
    expect(await contents(database)).toEqual(before);
    expect(await migrate(database.url)).toContain(consolidation);
  });
});

/** Runs a migration file as `psql -1 -f` would, in a session with another time zone. */
async function inZone(database: TestDatabase, zone: string, file: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url, options: `-c TimeZone=${zone}` });
  await client.connect();
  try {
    await client.query(`begin; ${await readFile(path.join(migrationFolder, file), 'utf8')}; commit`);
  } finally {
    await client.end();
  }
}
