import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyDatabase, type TestDatabase } from '../../../testing/database.ts';
import { until } from '../../../testing/until.ts';
import { sql } from '../src/database.ts';
import { migrate, rollback } from '../src/migrate.ts';
import { migrationFolder } from '../src/migration-files.ts';
import { faultsAfterRollback, faultsAfterUpgrade } from './legacy/checks.ts';
import { generateLegacy, type Legacy } from './legacy/generate.ts';
import { observe } from './legacy/observe.ts';
import { baseline, consolidation, runScript, scriptOf, type SessionSettings } from './legacy/run-file.ts';

const up = await scriptOf(`${consolidation}.sql`);
const down = await scriptOf(`${consolidation}.down.sql`);

async function oldDatabase(legacy: Legacy): Promise<TestDatabase> {
  const database = await emptyDatabase();
  await migrate(database.url, { to: baseline });
  await run(database, legacy.script);
  return database;
}

const run = (database: TestDatabase, script: string) => database.db.list(sql.raw(script));

const allMetadata = (database: TestDatabase) =>
  database.db.many(sql`select id, workflow_task::text as task from execution order by id`);

const zones: [string, number, SessionSettings][] = [
  ['UTC', 1, {}],
  ['America/Chicago', 2, {}],
  ['Asia/Kathmandu', 3, { DateStyle: 'SQL, DMY' }],
  ['Pacific/Apia', 4, { DateStyle: 'German' }],
  ['Europe/Berlin', 5, { DateStyle: 'Postgres, MDY' }],
];

test.each(zones)('a session in %s keeps every value, and the way back restores it', async (zone, seed, more) => {
  const legacy = generateLegacy(seed);
  await using database = await oldDatabase(legacy);
  const before = await observe(database.db);
  const settings = { TimeZone: zone, ...more };

  expect(await runScript(database.url, up, settings)).toEqual([]);
  const after = await observe(database.db);
  const metadata = await allMetadata(database);
  expect(await faultsAfterUpgrade(database.db, legacy, before, after)).toEqual([]);

  // again, without effect
  expect(await runScript(database.url, up, settings)).toEqual([]);
  expect(await observe(database.db)).toEqual(after);

  expect(await runScript(database.url, down, settings)).toEqual([]);
  expect(faultsAfterRollback(before, await observe(database.db))).toEqual([]);

  // and up once more: the same bytes
  await runScript(database.url, up, settings);
  expect(await observe(database.db)).toEqual(after);
  expect(await allMetadata(database)).toEqual(metadata);
});

test('executions made in between become old rows, and what changed since keeps its change', async () => {
  await using database = await oldDatabase(small);
  await migrate(database.url, { to: consolidation });
  await run(
    database,
    `insert into attune.execution (id, action_ref, status, result, workflow_task)
       select 6000, 'new', 'failed', '{"error": {"code": 7}}', workflow_task || '{"task_name": "new", "attempt": 1}'
       from attune.execution where id = 2;
     update attune.execution set status = 'completed', updated = now(),
       workflow_task = workflow_task || '{"retry_count": 1}' where id = 2;`,
  );
  await rollback(database.url, { to: baseline });
  const rows = await database.db.many(sql`
    select id, execution, task_name, status, result, error, retry_count from workflow_task_execution order by id`);
  expect(rows).toEqual([
    { id: '1', execution: '2', task_name: 'mail', status: 'completed', result: null, error: null, retry_count: 1 },
    {
      id: '2',
      execution: '6000',
      task_name: 'new',
      status: 'failed',
      result: { error: { code: 7 } },
      error: { code: 7 },
      retry_count: 0,
    },
  ]);
  // and the table goes on where it was
  await run(
    database,
    `insert into attune.workflow_task_execution (workflow_execution, execution, task_name) values (1, 2, 'next')`,
  );
  expect(await database.db.one(sql`select max(id) as id from workflow_task_execution`)).toEqual({ id: '3' });
});

/** One task and nothing awkward, for what does not depend on the rows. */
const small: Legacy = {
  tasks: [],
  script: `
    insert into attune.pack (ref, label, version) values ('old', 'Old', '1.0.0');
    insert into attune.workflow_definition (ref, pack, pack_ref, label, version, definition)
      values ('old.flow', 1, 'old', 'Flow', '1', '{}');
    insert into attune.execution (action_ref) values ('old.flow'), ('old.task'), ('direct');
    insert into attune.workflow_execution (execution, workflow_def, task_graph) values (1, 1, '{}');
    insert into attune.workflow_task_execution (workflow_execution, execution, task_name, error)
      values (1, 2, 'mail', '{"code": 1}');
    create view public.slow_task as select 1;
    create table public.noticed ();`,
};

describe('refuses before it changes anything, naming each offender:', () => {
  test.each<[string, string, RegExp]>([
    [
      'views of others',
      `create view public.report as select * from attune.workflow_task_execution;
       create materialized view public."My count" as select count(*) from attune.workflow_task_execution`,
      /view public\.report.*public\."My count"|public\."My count".*view public\.report/,
    ],
    [
      'foreign keys of others',
      'create table public.note (task bigint constraint note_task_fkey references attune.workflow_task_execution)',
      /constraint note_task_fkey on table public\.note/,
    ],
    [
      'functions over its rows',
      `create function public.name_of(attune.workflow_task_execution) returns text language sql as 'select $1.task_name'`,
      /function public\.name_of\(attune\.workflow_task_execution\)/,
    ],
    [
      'columns that count with its sequence',
      `create table public.other (id bigint default nextval('attune.workflow_task_execution_id_seq'))`,
      /column id of table public\.other/,
    ],
    ['heirs', 'create table public.heir () inherits (attune.workflow_task_execution)', /table public\.heir/],
    [
      'publications',
      'create publication tasks for table attune.workflow_task_execution',
      /publication of table attune\.workflow_task_execution in publication tasks/,
    ],
    [
      'rows that name what does not exist',
      `set local session_replication_role = replica;
       insert into attune.workflow_task_execution (id, workflow_execution, execution, task_name)
         values (70, 1, 404, 'x'), (71, 405, 2, 'y')`,
      /row 70 \(execution 404, workflow execution 1\), row 71 \(execution 2, workflow execution 405\)/,
    ],
    [
      'executions that hold metadata already',
      `alter table attune.execution add column workflow_task jsonb;
       update attune.execution set workflow_task = '{"task_name": "x"}' where id = 3;
       update attune.execution set workflow_task = 'null' where id = 1`,
      /workflow_task is set on the executions 3$/,
    ],
  ])('%s', async (_what, obstacle, named) => {
    await using database = await oldDatabase(small);
    await runScript(database.url, obstacle);
    const before = await observe(database.db);
    await expect(runScript(database.url, up)).rejects.toThrow(named);
    await expect(migrate(database.url)).rejects.toThrow(named);
    expect(await observe(database.db)).toEqual(before);
  });

  test('metadata of another origin that breaks the checks', async () => {
    await using database = await oldDatabase(small);
    await run(
      database,
      `drop table attune.workflow_task_execution;
       alter table attune.execution add column workflow_task jsonb;
       update attune.execution set workflow_task = case id when 1 then '"x"' when 2 then '{"task_name": "mail"}' else 'null' end::jsonb`,
    );
    const before = await observe(database.db);
    await expect(runScript(database.url, up)).rejects.toThrow(
      /on the executions 1 \(workflow_task is "x" and not an object\), 2 \(workflow_task.workflow_execution is missing/,
    );
    expect(await observe(database.db)).toEqual(before);
    const whole = `{"workflow_execution": 1, "task_name": "mail", "task_index": null, "task_batch": null, "retry_count": 0,
      "max_retries": 0, "next_retry_at": "soon", "timeout_seconds": null, "timed_out": false, "duration_ms": null,
      "started_at": null, "completed_at": null}`;
    await run(database, `update attune.execution set workflow_task = '${whole}' where id < 3`);
    await expect(runScript(database.url, up)).rejects.toThrow(
      /on the executions 1 \(workflow_task.next_retry_at is "soon"; it has to be an instant or null\), 2 \(/,
    );
    await run(
      database,
      `update attune.execution set workflow_task = workflow_task || '{"next_retry_at": "2025-01-01T00:00:00.5Z"}' where id < 3`,
    );
    await runScript(database.url, up);
    expect(await database.db.many(sql`select id from execution where workflow_task is null`)).toEqual([{ id: '3' }]);
  });

  test('on the way back: tasks of a run that is gone', async () => {
    await using database = await oldDatabase(small);
    await runScript(database.url, up);
    await run(
      database,
      `set local session_replication_role = replica;
       update attune.execution set workflow_task = workflow_task || '{"workflow_execution": 9}' where id = 2`,
    );
    await expect(runScript(database.url, down)).rejects.toThrow('a workflow execution that does not exist: 2');
  });
});

describe('waits for locks', () => {
  test.each([
    ['as long as attune.lock_timeout says', up, '300ms'],
    ['as long on the way back', down, '300ms'],
  ])('%s, then fails and leaves everything as it was', async (_what, script, lockTimeout) => {
    await using database = await oldDatabase(small);
    if (script === down) await runScript(database.url, up);
    const before = await observe(database.db);
    await database.open().transaction(async (tx) => {
      await tx.run(sql`select from execution limit 1`);
      await expect(runScript(database.url, script, { lockTimeout })).rejects.toThrow('lock timeout');
    });
    expect(await observe(database.db)).toEqual(before);
    await runScript(database.url, script, { lockTimeout });
  });

  test('five seconds by default', async () => {
    await using database = await oldDatabase(small);
    await database.open().transaction(async (tx) => {
      await tx.run(sql`select from workflow_execution limit 1`);
      const start = performance.now();
      await expect(runScript(database.url, up)).rejects.toThrow('lock timeout');
      expect(performance.now() - start).toBeGreaterThan(4_500);
    });
  });
});

test('two started at once: one works, the other waits and finds it done', async () => {
  const legacy = generateLegacy(6, 20);
  await using database = await oldDatabase(legacy);
  const before = await observe(database.db);
  const gate = database.open();
  const [first, second] = await gate.transaction(async (tx) => {
    await tx.run(sql`lock table attune.execution in access share mode`);
    const both = [runScript(database.url, up), runScript(database.url, up)];
    await until('both wait', async () => {
      const { waiting } = await database.db.one<{ waiting: number }>(sql`
        select count(*)::int as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`);
      return waiting === 2;
    });
    return both;
  });
  expect([await first, await second]).toEqual([[], []]);
  expect(await faultsAfterUpgrade(database.db, legacy, before, await observe(database.db))).toEqual([]);
});

describe('as a plain file', () => {
  const psql = spawnSync('psql', ['--version']).status === 0;
  if (!psql) console.warn('psql is not on this machine: running the files with it is not tested');

  test.skipIf(!psql)('psql -1 -f runs it, twice, and its way back (needs psql)', async () => {
    const legacy = generateLegacy(7, 20);
    await using database = await oldDatabase(legacy);
    const before = await observe(database.db);
    const runFile = (file: string) =>
      spawnSync(
        'psql',
        ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-1', '-f', path.join(migrationFolder, file), database.url],
        {
          encoding: 'utf8',
          env: { ...process.env, PGOPTIONS: '-c TimeZone=Asia/Tokyo -c attune.lock_timeout=1s' },
        },
      );
    for (let time = 0; time < 2; time++) expect(runFile(`${consolidation}.sql`)).toMatchObject({ status: 0 });
    expect(await faultsAfterUpgrade(database.db, legacy, before, await observe(database.db))).toEqual([]);
    expect(runFile(`${consolidation}.down.sql`)).toMatchObject({ status: 0 });
    expect(faultsAfterRollback(before, await observe(database.db))).toEqual([]);
  });
});
