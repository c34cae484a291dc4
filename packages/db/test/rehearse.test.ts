import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyDatabase, freshDatabase, type TestDatabase } from '../../../testing/database.ts';
import { sql } from '../src/database.ts';
import { migrate } from '../src/migrate.ts';
import { isSound, rehearse } from '../src/rehearse/index.ts';
import { schemaSnapshot } from '../src/schema-snapshot.ts';
import { generateLegacy } from './legacy/generate.ts';
import { observe } from './legacy/observe.ts';
import { baseline, consolidation, runScript, scriptOf } from './legacy/run-file.ts';

const legacy = generateLegacy(51, 40);

async function oldDatabase(): Promise<TestDatabase> {
  const database = await emptyDatabase();
  await migrate(database.url, { to: baseline });
  await database.db.list(sql.raw(legacy.script));
  return database;
}

/** The migrations up to the consolidation, and one more. */
async function migrationsWith(file: string, script: string) {
  const path = await mkdtemp(join(tmpdir(), 'attune-migrations-'));
  for (const name of [baseline, consolidation])
    await writeFile(join(path, `${name}.sql`), await scriptOf(`${name}.sql`));
  await writeFile(join(path, file), script);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const rehearsals = (database: TestDatabase) =>
  database.db.many(sql`select datname from pg_database where datname like 'attune\\_rehearsal\\_%'`);

test('the whole upgrade runs on a copy, told in full, while others work; the original is not touched', async () => {
  await using database = await oldDatabase();
  const before = await observe(database.db);
  // somebody is connected, and in the middle of a transaction
  const rehearsal = await database.open().transaction(async (tx) => {
    await tx.run(sql`insert into execution (id, action_ref) values (777, 'uncommitted')`);
    const result = await rehearse(database.url);
    await tx.run(sql`delete from execution where id = 777`);
    return result;
  });
  expect(await observe(database.db)).toEqual(before);
  expect(await rehearsals(database)).toEqual([]);

  expect(isSound(rehearsal)).toBe(true);
  expect(rehearsal.applied[0]).toBe(consolidation);
  expect(rehearsal.left_out).toEqual([]);
  expect(rehearsal.tables.find(({ table }) => table === 'attune.workflow_task_execution')).toEqual({
    table: 'attune.workflow_task_execution',
    rows: legacy.tasks.length,
    different: [],
  });
  expect(rehearsal.steps.filter(({ file }) => file === `${consolidation}.sql`).length).toBeGreaterThan(10);
  expect(rehearsal.locks).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ relation: 'execution', mode: 'AccessExclusiveLock' }),
      expect.objectContaining({ relation: 'workflow_task_execution', mode: 'AccessExclusiveLock' }),
    ]),
  );
  expect(rehearsal.rows_touched).toEqual(
    expect.arrayContaining([
      { table: 'attune_archive.workflow_task_execution', inserted: legacy.tasks.length, updated: 0, deleted: 0 },
      expect.objectContaining({ table: 'attune.execution', updated: 40 }),
    ]),
  );
  expect(rehearsal.disk.needed_bytes).toBeGreaterThan(0);
  expect(rehearsal.disk.wal_bytes).toBeGreaterThan(0);
  expect(rehearsal.verdicts.length).toBeGreaterThan(10);
});

test('a refusal is the upgrade’s own, and the copy is gone afterwards', async () => {
  await using database = await oldDatabase();
  await runScript(database.url, 'create view public.report as select * from attune.workflow_task_execution');
  await expect(rehearse(database.url)).rejects.toThrow('view public.report');
  expect(await rehearsals(database)).toEqual([]);
});

test('values that do not come through are named', async () => {
  await using database = await oldDatabase();
  await using folder = await migrationsWith(
    '20260128000000_loses.sql',
    'update attune.pack set label = label || $$!$$; delete from attune.execution where id = 1000',
  );
  const rehearsal = await rehearse(database.url, { folder: folder.path });
  expect(isSound(rehearsal)).toBe(false);
  expect(rehearsal.tables.filter(({ different }) => different.length > 0)).toMatchObject([
    { table: 'attune.execution', different: ['1000'] },
    { table: 'attune.pack', different: ['1'] },
  ]);
});

test('an adoption is rehearsed too', async () => {
  await using database = await emptyDatabase();
  const script = `${await scriptOf(`${baseline}.sql`)};${legacy.script};
    drop trigger execution_history on attune.execution; drop trigger execution_statement on attune.execution;
    drop trigger execution_asleep on attune.execution; create table attune.artifact (id bigserial primary key, ref text)`;
  await runScript(database.url, script.replaceAll('attune.', 'public.'));
  await expect(rehearse(database.url)).rejects.toThrow('--adopt');
  const rehearsal = await rehearse(database.url, { adopt: true });
  expect(isSound(rehearsal)).toBe(true);
  expect(rehearsal.applied[0]).toBe(baseline);
});

test('the copy has the schema of the original', async () => {
  await using database = await freshDatabase();
  const schema = await schemaSnapshot(database.db);
  const rehearsal = await rehearse(database.url);
  expect(rehearsal).toMatchObject({ applied: [], left_out: [] });
  expect(isSound(rehearsal)).toBe(true);
  expect(await schemaSnapshot(database.db)).toBe(schema);
});
