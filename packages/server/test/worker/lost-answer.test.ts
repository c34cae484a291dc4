import { sql } from '@attune/db';
import { claim } from '@attune/engine';
import { expect, test } from 'vitest';
import { installAction, installWorker, request } from '../../../engine/test/support.ts';
import { freshDatabase } from '../../../../testing/database.ts';
import { lostAnswers } from '../../src/worker/lost-answer.ts';

test('a claim whose answer never came is handed back, and never run when it comes after all', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'test.run' });
  const [known, unheard] = [await request(db, 'test.run'), await request(db, 'test.run')];
  const worker = await installWorker(db, 'a');
  const claimed = await claim(db, { worker, runtimes: ['shell'], limit: 2 });
  const tokenOf = (id: string): string => claimed.find((one) => one.id === id)?.lease_token ?? '';
  const lost = lostAnswers(db, worker, (id) => id === known.id);
  const statuses = async () =>
    (await db.many<{ status: string }>(sql`select status from execution order by id`)).map((row) => row.status);

  // without a reason nobody looks
  expect(await lost.look(0)).toBeUndefined();
  lost.suspect();
  expect(await lost.look(10_000)).toBe(3_000); // its answer may be on the way
  expect(await lost.look(12_900)).toBe(3_000);
  expect(await statuses()).toEqual(['running', 'running']);
  expect(await lost.look(13_000)).toBeUndefined();
  expect(await statuses()).toEqual(['running', 'scheduled']);
  expect([known, unheard].map(({ id }) => lost.isHandedBack(tokenOf(id)))).toEqual([false, true]);
  expect(await lost.look(20_000)).toBeUndefined();
});
