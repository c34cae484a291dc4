import { AttuneError } from '@attune/core';
import { describe, expect, test } from 'vitest';
import { emptyDatabase, freshDatabase, type TestDatabase } from '../../../testing/database.ts';
import { sql } from '../src/database.ts';
import { findOldDatabase, migrate, rollback, status } from '../src/migrate.ts';
import { schemaSnapshot } from '../src/schema-snapshot.ts';
import { faultsAfterUpgrade } from './legacy/checks.ts';
import { generateLegacy } from './legacy/generate.ts';
import { observe } from './legacy/observe.ts';
import { baseline, consolidation, runScript, scriptOf } from './legacy/run-file.ts';

const founding = await scriptOf(`${baseline}.sql`);
const legacy = generateLegacy(31, 20);

/** What the generator adds that no original had. */
const withoutInventions = `
  drop trigger execution_history on attune.execution;
  drop trigger execution_statement on attune.execution;
  drop trigger execution_asleep on attune.execution;`;

/** Other names, checks written otherwise, tables and views and indexes of its own, as the original has them. */
const asTheOriginalHasIt = `
  alter table attune.runtime drop constraint runtime_ref_check;
  alter table attune.runtime add constraint runtime_ref_lowercase check (ref = lower(ref)),
    add constraint runtime_ref_format check (ref ~ '^[^.]+\\.(action|sensor)\\.[^.]+$');
  alter table attune.pack rename constraint pack_ref_check to pack_ref_format;
  alter table attune.pack alter tags set default array[]::text[];
  alter table attune.execution alter created set default current_timestamp;
  alter index attune.workflow_task_execution_status_idx rename to idx_wte_status;
  alter sequence attune.workflow_task_execution_id_seq rename to wte_id_seq;
  create table attune.artifact (id bigserial primary key, ref text not null);
  create table attune.queue_stats (action_id bigint primary key references attune.action (id) on delete cascade);
  create view attune.workflow_execution_summary as select id, status from attune.workflow_execution;
  create index idx_execution_result on attune.execution using gin (result);
  create function attune.validate_key_owner() returns trigger language plpgsql as $$
    begin if new.owner_type = 'system' and new.owner_pack is not null then raise exception 'owner'; end if; return new; end $$;
  create trigger validate_owner before insert or update on attune.key for each row execute function attune.validate_key_owner();`;

async function oldDatabase(more = '', schema: 'attune' | 'public' = 'attune'): Promise<TestDatabase> {
  const database = await emptyDatabase();
  const script = [founding, legacy.script, withoutInventions, more].join('\n');
  await runScript(database.url, schema === 'attune' ? script : script.replaceAll('attune.', 'public.'));
  return database;
}

const messages = async (database: TestDatabase, kind: string) =>
  (await findOldDatabase(database.url))?.plan.differences
    .filter((found) => found.kind === kind)
    .map(({ message }) => message);

const everything = async (database: TestDatabase) => ({
  schema: await schemaSnapshot(database.db),
  relations: await database.db.many(sql`
    select oid::text, relname, relnamespace::text from pg_class where relkind in ('r', 'v', 'i', 'S') and oid >= 16384 order by 1`),
});

test('an empty database and one of ours are nothing to adopt', async () => {
  await using empty = await emptyDatabase();
  expect(await findOldDatabase(empty.url)).toBeUndefined();
  expect(await migrate(empty.url, { adopt: true, to: baseline })).toEqual([baseline]);
  await using ours = await freshDatabase();
  expect(await findOldDatabase(ours.url)).toBeUndefined();
});

test('somebody else’s tables in public are not taken for ours', async () => {
  await using database = await emptyDatabase();
  await runScript(database.url, 'create table public.execution (id int); create table public.key (id int)');
  expect(await findOldDatabase(database.url)).toBeUndefined();
  expect(await migrate(database.url, { to: baseline })).toEqual([baseline]);
});

test('migrate refuses an old database without --adopt, and has not touched it', async () => {
  await using database = await oldDatabase(asTheOriginalHasIt);
  const before = await everything(database);
  await expect(migrate(database.url)).rejects.toThrow('attune db migrate --adopt');
  expect(await everything(database)).toEqual(before);
  expect((await status(database.url)).filter(({ applied_at }) => applied_at !== null)).toEqual([]);
});

test.each(['attune', 'public'] as const)(
  'a database as the original has it, in schema %s, comes over whole',
  async (schema) => {
    await using database = await oldDatabase(asTheOriginalHasIt, schema);
    expect(await messages(database, 'refused')).toEqual([]);
    const repaired = (await messages(database, 'repaired'))?.join('\n') ?? '';
    for (const what of [
      'execution_notify',
      'execution_updated',
      'task_updated',
      'runtime_ref_format, runtime_ref_lowercase',
      'pack_ref_format',
    ]) {
      expect(repaired).toContain(what);
    }
    expect(repaired.includes('move to schema attune')).toBe(schema === 'public');
    expect(await messages(database, 'harmless')).toEqual(
      expect.arrayContaining([
        'The trigger validate_owner of key checks owners: it stays.',
        'The table artifact is none of ours: it stays.',
        'The view workflow_execution_summary is none of ours: it stays.',
        'The index idx_execution_result of execution is none of ours: it stays.',
      ]),
    );

    expect(await migrate(database.url, { adopt: true, to: baseline })).toEqual([baseline]);
    const before = await observe(database.db);
    expect(Object.keys(before.rows).length).toBe(schema === 'attune' ? 20 : 18); // with artifact and queue_stats
    expect(before.triggers).toEqual([]);
    expect(await migrate(database.url, { to: consolidation })).toEqual([consolidation]);
    expect(await faultsAfterUpgrade(database.db, legacy, before, await observe(database.db))).toEqual([]);

    await migrate(database.url);
    expect((await status(database.url)).filter(({ applied_at }) => applied_at === null)).toEqual([]);
    await rollback(database.url, { to: baseline });
    const after = await observe(database.db);
    expect(after.rows).toEqual(before.rows);
    expect(after.grants).toEqual(before.grants);
  },
);

test('what adoption makes is what the migrations make', async () => {
  await using fresh = await freshDatabase();
  await using database = await emptyDatabase();
  await runScript(database.url, founding);
  await migrate(database.url, { adopt: true });
  expect(await schemaSnapshot(database.db)).toBe(await schemaSnapshot(fresh.db));
});

test('missing tables and types are made, with the references to them', async () => {
  await using fresh = await freshDatabase();
  await using database = await emptyDatabase();
  await runScript(
    database.url,
    `${founding}
     alter table attune.execution drop constraint execution_enforcement_fkey;
     drop table attune.inquiry, attune.enforcement, attune.workflow_task_execution, attune.worker;
     drop type attune.inquiry_status_enum, attune.enforcement_status_enum, attune.worker_type_enum;`,
  );
  expect(await messages(database, 'repaired')).toEqual(
    expect.arrayContaining([
      'The type inquiry_status_enum is missing: it is made.',
      'The table enforcement is missing: it is made, empty.',
      'The reference execution.enforcement > enforcement no action is missing with its table: it is made.',
    ]),
  );
  await migrate(database.url, { adopt: true });
  expect(await schemaSnapshot(database.db)).toBe(await schemaSnapshot(fresh.db));
});

test('a database that the original consolidated comes over with its defects named, and repaired where that is possible', async () => {
  await using database = await emptyDatabase();
  const task = (
    run: number,
  ) => `jsonb_build_object('workflow_execution', ${run}, 'task_name', 'mail', 'task_index', null, 'task_batch', null,
    'retry_count', 0, 'max_retries', 3, 'next_retry_at', '2025-01-01T00:00:00.5Z', 'timeout_seconds', null, 'timed_out', false,
    'duration_ms', 9223372036854775807, 'started_at', null, 'completed_at', null)`;
  await runScript(
    database.url,
    `${founding}
     drop table attune.workflow_task_execution;
     alter table attune.execution add column workflow_task jsonb;
     create index idx_execution_workflow_task_gin on attune.execution using gin (workflow_task);
     insert into attune.pack (ref, label, version) values ('old', 'Old', '1.0.0');
     insert into attune.workflow_definition (ref, pack, pack_ref, label, version, definition)
       values ('old.flow', 1, 'old', 'Flow', '1', '{}');
     insert into attune.execution (action_ref, workflow_task, updated) values ('old.flow', 'null', '2020-01-01'), ('x', null, '2020-01-01');
     insert into attune.workflow_execution (execution, workflow_def, task_graph) values (1, 1, '{}');
     insert into attune.execution (action_ref, workflow_task, updated) values ('t', ${task(1)}, '2020-01-01'), ('t', ${task(7)}, '2020-01-01')`,
  );
  expect(await messages(database, 'refused')).toEqual([]);
  expect(await messages(database, 'repaired')).toEqual([
    '1 executions outside any workflow hold JSON null in workflow_task: it becomes SQL NULL.',
    'The indexes of the documented queries are missing: execution_workflow_task_idx, execution_workflow_retry_idx are made.',
  ]);
  expect((await messages(database, 'harmless'))?.join('\n')).toMatch(
    /idx_execution_workflow_task_gin[^]*a workflow execution that is gone, and stay so: 4\.[^]*zone/,
  );
  await migrate(database.url, { adopt: true });
  expect(
    await database.db.many(sql`
      select id, workflow_task is null as absent, workflow_task->>'duration_ms' as ms, updated = '2020-01-01' as untouched
      from execution order by id`),
  ).toEqual([
    { id: '1', absent: true, ms: null, untouched: true },
    { id: '2', absent: true, ms: null, untouched: true },
    { id: '3', absent: false, ms: '9223372036854775807', untouched: true },
    { id: '4', absent: false, ms: '9223372036854775807', untouched: true },
  ]);
});

describe('refuses, changing nothing,', () => {
  test.each([
    [
      'a column that is missing',
      'alter table attune.rule drop column trigger_params',
      'The column rule.trigger_params is missing.',
    ],
    [
      'a column of another type',
      'alter table attune.execution alter config type json',
      'is of type json instead of jsonb.',
    ],
    [
      'a column too many',
      'alter table attune.action add column mine int',
      'The column action.mine is none of the founding',
    ],
    [
      'a column that need not be set',
      'alter table attune.key alter value drop not null',
      'The column key.value need not be set',
    ],
    [
      'another default',
      `alter table attune.rule alter conditions set default '{}'`,
      `has the default '{}' instead of '[]'`,
    ],
    [
      'a missing key',
      'alter table attune.identity drop constraint identity_login_key',
      'Nothing makes (login) unique in identity.',
    ],
    ['a new key', 'create unique index on attune.worker (name)', '(name) is unique in worker'],
    [
      'a missing reference',
      'alter table attune.rule drop constraint rule_action_fkey',
      'The reference rule.action > action no action is missing.',
    ],
    [
      'a reference that deletes otherwise',
      `alter table attune.event drop constraint event_trigger_fkey;
       alter table attune.event add foreign key (trigger) references attune.trigger on delete cascade`,
      'The reference event.trigger > trigger cascade is none',
    ],
    [
      'a check of its own',
      'alter table attune.execution add constraint mine check (id > 0)',
      'The check mine of execution',
    ],
    [
      'rows that a check of ours refuses',
      `alter table attune.runtime drop constraint runtime_ref_check;
       insert into attune.runtime (ref, runtime_type, name, distributions) values ('Shell', 'action', 'x', '{}')`,
      'Rows of runtime do not pass',
    ],
    [
      'a trigger that does something of its own',
      `create function attune.mine() returns trigger language plpgsql as $$ begin return null; end $$;
       create trigger mine after insert on attune.event for each row execute function attune.mine()`,
      'The trigger mine of event does something of its own.',
    ],
    [
      'another set of values',
      `alter type attune.execution_status_enum add value 'lost'`,
      'The type execution_status_enum has the values',
    ],
    [
      'row security',
      'alter table attune.key enable row level security',
      'The table key cannot be taken over: row security is on.',
    ],
    [
      'a view in a table’s place',
      'drop table attune.inquiry; create view attune.inquiry as select 1 as id',
      'it is no ordinary table',
    ],
    [
      'tables in both schemas',
      'create table public.execution (id int); create table public.enforcement (id int)',
      'in both schemas',
    ],
  ])('%s', async (_what, change, message) => {
    await using database = await oldDatabase(change);
    const before = await everything(database);
    const failure = await migrate(database.url, { adopt: true }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AttuneError);
    expect((failure as AttuneError).message).toContain(message);
    expect(await everything(database)).toEqual(before);
  });
});
