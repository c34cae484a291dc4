import { AttuneError } from '@attune/core';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { emptyDatabase, type TestDatabase } from '../../../testing/database.ts';
import { sql } from './database.ts';
import { migrate, rollback, status } from './migrate.ts';
import { migrationFolder } from './migration-files.ts';
import { schemaSnapshot } from './schema-snapshot.ts';

const baseline = '20260101000000_baseline';
const consolidation = '20260127212500_consolidate_workflow_task_execution';

const names = (await readdir(migrationFolder))
  .filter((file) => !file.endsWith('.down.sql'))
  .map((file) => file.replace(/\.sql$/, ''))
  .sort();

const tables = async ({ db }: TestDatabase) =>
  (
    await db.many<{ name: string }>(sql`select tablename as name from pg_tables where schemaname = 'attune' order by 1`)
  ).map(({ name }) => name);

test('there are 18 tables right before the consolidation and 17 right after', async () => {
  await using database = await emptyDatabase();
  expect(await migrate(database.url, { to: '20260101000000' })).toEqual([baseline]);
  const before = await tables(database);
  expect(before).toHaveLength(18);
  expect(await migrate(database.url, { to: consolidation })).toEqual([consolidation]);
  const after = await tables(database);
  expect(after).toHaveLength(17);
  expect(before.filter((name) => !after.includes(name))).toEqual(['workflow_task_execution']);
});

test('every migration can be taken back, and leaves what was there before it', async () => {
  await using database = await emptyDatabase();
  const snapshots: string[] = [];
  for (const name of names) {
    snapshots.push(await schemaSnapshot(database.db));
    expect(await migrate(database.url, { to: name })).toEqual([name]);
  }
  for (const name of names.toReversed()) {
    expect(await rollback(database.url)).toEqual([name]);
    expect(await schemaSnapshot(database.db), `after ${name} was taken back`).toBe(snapshots.pop());
  }
  expect(await migrate(database.url)).toEqual(names);
  expect(await rollback(database.url, { to: '0' })).toEqual(names.toReversed());
});

test('each file is one transaction of plain SQL, run again without harm where it says so', async () => {
  await using database = await emptyDatabase();
  for (const name of names) {
    const script = await readFile(path.join(migrationFolder, `${name}.sql`), 'utf8');
    const runs = name === consolidation ? 2 : 1;
    for (let run = 0; run < runs; run++) await database.db.list(sql.raw(`begin; ${script}; commit`));
  }
  expect(await tables(database)).toContain('execution');
});

test('of two runners at once one applies everything and the other nothing', async () => {
  await using database = await emptyDatabase();
  const applied = await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
  expect(applied.filter((run) => run.length > 0)).toEqual([names]);
});

test('status tells what is applied, what is pending and what a newer release left, and touches nothing', async () => {
  await using database = await emptyDatabase();
  expect((await status(database.url)).map(({ applied_at }) => applied_at)).toEqual(names.map(() => null));
  expect(await database.db.many(sql`select from pg_namespace where nspname like 'attune%'`)).toEqual([]);
  await migrate(database.url, { to: baseline });
  await database.db.run(sql`
    insert into attune_migrations.migration (name, timestamp) values ('29990101000000_later', '2999-01-01T00:00:00.000Z')`);
  const states = await status(database.url);
  expect(states.map(({ name }) => name)).toEqual([...names, '29990101000000_later']);
  expect(states[0]?.applied_at).toMatch(/^\d{4}-/);
  expect(states.at(-1)).toMatchObject({ known: false });
  await expect(migrate(database.url)).rejects.toThrow('newer release');
});

test.each([
  ['a version that does not exist', '20250101000000', 'There is no migration 20250101000000'],
  ['a version that was passed', baseline, 'is already applied'],
])('migrate refuses %s', async (_what, to, message) => {
  await using database = await emptyDatabase();
  await migrate(database.url, { to: consolidation });
  await expect(migrate(database.url, { to })).rejects.toThrow(message);
});

test('rollback refuses a version that is not applied', async () => {
  await using database = await emptyDatabase();
  await migrate(database.url, { to: baseline });
  await expect(rollback(database.url, { to: consolidation })).rejects.toThrow('is not applied');
});

test('a statement that fails is named by file and line, and nothing of the run stays', async () => {
  await using database = await emptyDatabase();
  const folder = await mkdtemp(path.join(tmpdir(), 'attune-migrations-'));
  await writeFile(path.join(folder, '20200101000000_good.sql'), 'create table good ();\n');
  await writeFile(path.join(folder, '20200102000000_bad.sql'), '-- why\ncreate table a ();\n\nselect 1,\n  missing;\n');
  const failure = await migrate(database.url, { folder }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(AttuneError);
  expect((failure as AttuneError).message).toMatch(/^20200102000000_bad\.sql:5: column "missing" does not exist/);
  expect((failure as AttuneError).details).toMatchObject([{ file: '20200102000000_bad.sql', line: 5 }]);
  expect(await database.db.many(sql`select from pg_tables where schemaname = 'public'`)).toEqual([]);
  await rm(folder, { recursive: true });
});
