import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { admit, claim, expire, finish, rememberFailures, retry } from '../src/index.ts';
import { failed, flow, registerTestPack, runOf, startFlow } from './play.ts';
import { installWorker } from './support.ts';

// One bad row harms only itself, whatever is done to it; which is why it is put first.

async function poison(db: Database, action_ref: string): Promise<void> {
  await db.run(sql`create function refuse() returns trigger language plpgsql as $$ begin raise 'poison'; end $$`);
  await db.run(
    sql.raw(`create trigger refuse before update on attune.execution for each row
      when (old.action_ref = '${action_ref}' and old.id <= 2) execute function refuse()`),
  );
}

test('a run that cannot be ended at its time limit hides no other', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(
    db,
    flow('version: 1.0.0\ntasks:\n  - { name: a, action: test.do }\n', 'timeout_seconds: 60\n'),
  );
  const bad = await startFlow(db);
  const good = await startFlow(db);
  expect(bad).toBe('1');
  await db.run(sql`update execution set started_at = started_at - interval '1 hour'`);
  await poison(db, 'test.flow');
  const told: string[] = [];
  const failures = rememberFailures((id) => told.push(id));
  expect(await expire(db, failures)).toBe(1);
  expect([told, (await runOf(db, good)).status]).toEqual([[bad], 'timeout']);
  // it waits before it is tried again, and is forgotten when there is nothing the matter any more
  await expire(db, failures);
  expect([told, failures.size()]).toEqual([[bad], 1]);
  await db.run(sql`drop trigger refuse on execution`);
  await db.run(sql`update execution set started_at = now()`);
  await expire(db, failures);
  expect(failures.size()).toBe(0);
});

test('an attempt that cannot be made again hides no other', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const graph = 'version: 1.0.0\ntasks:\n  - { name: a, action: test.do, retry: { count: 2, delay: 0 } }\n';
  await registerTestPack(db, flow(graph));
  const runs = [await startFlow(db), await startFlow(db)];
  await admit(db);
  const worker = await installWorker(db, 'w');
  for (const { id, lease_token } of await claim(db, { worker, runtimes: ['shell'], limit: 2 })) {
    await finish(db, { execution: id, lease_token, outcome: failed() });
  }
  await poison(db, 'test.do');
  const told: string[] = [];
  expect(
    await retry(
      db,
      rememberFailures((id) => told.push(id)),
    ),
  ).toBe(1);
  expect([runs.length, told]).toEqual([2, ['2']]);
});

test('where the database is away, that is no failure of a row', () => {
  const failures = rememberFailures(() => undefined);
  const away = Object.assign(new Error('terminating connection'), { code: '57P01' });
  expect(() => failures.failed('1', away)).toThrow(away);
  expect(failures.size()).toBe(0);
});
