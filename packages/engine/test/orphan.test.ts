import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { admit, cancel, claim, pause, sweepOrphans } from '../src/index.ts';
import { flow, playOut, registerTestPack, runOf, startFlow } from './play.ts';
import { installWorker } from './support.ts';

const two = `
version: 1.0.0
tasks:
  - { name: a, action: test.do, next: [ { do: [b] } ] }
  - { name: b, action: test.do }
`;

const sweep = (db: Database) =>
  sweepOrphans(db, (id, error) => {
    throw new Error(`Execution ${id} could not be mended`, { cause: error });
  });

/** Takes the living tasks away, as no deed of ours does. */
const loseTasks = (db: Database) =>
  db.run(sql`
    update execution set status = 'completed', completed_at = now(), lease_until = null, held = false
    where workflow_task is not null and completed_at is null`);

test('what waits for a worker, runs, is paused or is being cancelled is no orphan', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(two));
  const [, running, paused, cancelled] = [
    await startFlow(db),
    await startFlow(db),
    await startFlow(db),
    await startFlow(db),
  ];
  await admit(db);
  await claim(db, { worker: await installWorker(db, 'w'), runtimes: ['shell'], limit: 2 });
  await pause(db, paused, null);
  await cancel(db, running);
  await cancel(db, cancelled);
  expect(await sweep(db)).toEqual({ found: [], mended: [] });
});

test('a run that has lost its tasks ends with an error that says so', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(two));
  const id = await startFlow(db);
  await loseTasks(db);
  expect(await sweep(db)).toEqual({ found: [id], mended: [id] });
  const run = await runOf(db, id);
  expect([run.status, run.result?.['error']]).toEqual(['failed', expect.stringContaining('Nothing below this run')]);
  expect(await sweep(db)).toEqual({ found: [], mended: [] });
});

test('a run that is being cancelled and has nothing left to stop is cancelled', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(two));
  const id = await startFlow(db);
  await admit(db);
  await claim(db, { worker: await installWorker(db, 'w'), runtimes: ['shell'], limit: 1 });
  await cancel(db, id);
  await loseTasks(db);
  expect(await sweep(db)).toEqual({ found: [id], mended: [id] });
  expect((await runOf(db, id)).status).toBe('cancelled');
});

test('a run that never began begins', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(two));
  const id = await startFlow(db);
  await db.run(sql`delete from workflow_execution`);
  expect((await sweep(db)).mended).toEqual([id]);
  expect(await playOut(db)).toEqual(['a', 'b']);
  expect((await runOf(db, id)).status).toBe('completed');
});

test('what is held for a pause that is over is let go', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(two));
  const id = await startFlow(db);
  await admit(db);
  await pause(db, id, null);
  await db.run(sql`update workflow_execution set paused = false, paused_by = null`);
  expect((await sweep(db)).mended).toHaveLength(1);
  expect(await playOut(db)).toEqual(['a', 'b']);
});

test('one that cannot be mended is counted and does not hide the others', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, flow(two));
  const [poison, sound] = [await startFlow(db), await startFlow(db)];
  await loseTasks(db);
  await db.run(sql`create function refuse() returns trigger language plpgsql as $$ begin raise 'poison'; end $$`);
  await db.run(sql`
    create trigger refuse before update on execution for each row when (old.id = 1) execute function refuse()`);
  expect(poison).toBe('1');
  const told: string[] = [];
  expect(await sweepOrphans(db, (id) => told.push(id))).toEqual({ found: [poison, sound], mended: [sound] });
  expect(told).toEqual([poison]);
});
