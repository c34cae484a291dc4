import type { Database } from '@attune/db';
import { sql } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { cancel, claim, finish, renew, type ClaimedExecution } from '../src/index.ts';
import { installAction, installWorker, request, rowsOf } from './support.ts';

async function claimed(db: Database): Promise<ClaimedExecution & { worker: string }> {
  await installAction(db, { ref: 'test.run' });
  await request(db, 'test.run');
  const worker = await installWorker(db, 'a');
  const [one] = await claim(db, { worker, runtimes: ['shell'], limit: 1 });
  if (one === undefined) throw new Error('nothing was claimed');
  return { ...one, worker };
}

const succeeded = { kind: 'succeeded' as const, result: { succeeded: true, exit_code: 0 } };

test('a report ends the execution; the same report twice is recorded once', async () => {
  await using fresh = await freshDatabase();
  const { id, lease_token } = await claimed(fresh.db);
  const report = { execution: id, lease_token, outcome: succeeded };
  expect(await finish(fresh.db, report)).toBe('recorded');
  expect(await finish(fresh.db, report)).toBe('recorded');
  expect(await rowsOf(fresh.db, 'test.run')).toMatchObject([{ status: 'completed', result: { exit_code: 0 } }]);
});

test.each([
  ['succeeded', 'completed'],
  ['failed', 'failed'],
  ['timed_out', 'timeout'],
] as const)('an attempt that %s leaves status %s', async (kind, status) => {
  await using fresh = await freshDatabase();
  const { id, lease_token } = await claimed(fresh.db);
  await finish(fresh.db, { execution: id, lease_token, outcome: { kind, result: { succeeded: false } } });
  expect(await rowsOf(fresh.db, 'test.run')).toMatchObject([{ status }]);
});

test('a report under another token is refused and kept as such', async () => {
  await using fresh = await freshDatabase();
  const { id } = await claimed(fresh.db);
  const stale = '00000000-0000-4000-8000-000000000000';
  expect(await finish(fresh.db, { execution: id, lease_token: stale, outcome: succeeded })).toBe('refused');
  expect(await rowsOf(fresh.db, 'test.run')).toMatchObject([{ status: 'running' }]);
  expect(await fresh.db.many(sql`select execution, lease_token, outcome from execution_late_report`)).toMatchObject([
    { execution: id, lease_token: stale, outcome: { kind: 'succeeded' } },
  ]);
});

test('cancel before the start ends at once; of a running one the worker hears and stops it', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { id, lease_token, worker } = await claimed(db);
  const waiting = await request(db, 'test.run');
  expect(await cancel(db, waiting.id)).toEqual({ kind: 'cancelled', status: 'cancelled' });
  expect(await cancel(db, waiting.id)).toEqual({ kind: 'cancelled', status: 'cancelled' });

  expect(await cancel(db, id)).toEqual({ kind: 'cancelled', status: 'canceling' });
  expect(await cancel(db, id)).toEqual({ kind: 'cancelled', status: 'canceling' });
  expect(await renew(db, { worker, leases: [{ execution: id, lease_token }] })).toEqual([
    { execution: id, state: 'canceling', renewed: true },
  ]);
  await finish(db, { execution: id, lease_token, outcome: { kind: 'cancelled', result: { succeeded: false } } });
  expect((await rowsOf(db, 'test.run')).map((row) => row.status)).toEqual(['cancelled', 'cancelled']);
  expect(await cancel(db, '999')).toEqual({ kind: 'not_found' });
});

test('an action that succeeds although it was being cancelled is completed: cancel wins or loses once', async () => {
  await using fresh = await freshDatabase();
  const { id, lease_token } = await claimed(fresh.db);
  await cancel(fresh.db, id);
  await finish(fresh.db, { execution: id, lease_token, outcome: succeeded });
  expect(await rowsOf(fresh.db, 'test.run')).toMatchObject([{ status: 'completed' }]);
});

test('an event that an action emits is recorded with its end, once', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { id, lease_token } = await claimed(db);
  await db.run(sql`insert into trigger (ref, label) values ('test.done', 'Done')`);
  const outcome = { ...succeeded, events: [{ trigger_ref: 'test.done', payload: { n: 9007199254740993n } }] };
  await finish(db, { execution: id, lease_token, outcome });
  await finish(db, { execution: id, lease_token, outcome });
  expect(await db.many(sql`select trigger_ref, payload, cause, source_ref from event`)).toEqual([
    { trigger_ref: 'test.done', payload: { n: 9007199254740993n }, cause: id, source_ref: 'test.run' },
  ]);
});

test('an action that emits an event of an unknown trigger has failed and says so', async () => {
  await using fresh = await freshDatabase();
  const { id, lease_token } = await claimed(fresh.db);
  const outcome = { ...succeeded, events: [{ trigger_ref: 'test.gone', payload: {} }] };
  expect(await finish(fresh.db, { execution: id, lease_token, outcome })).toBe('recorded');
  const [row] = await rowsOf(fresh.db, 'test.run');
  expect(row).toMatchObject({ status: 'failed', result: { error: expect.stringContaining("'test.gone'") as string } });
  expect(await fresh.db.many(sql`select id from event`)).toEqual([]);
});
