import { workers, type LeftPlace } from '@attune/db';
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../../testing/database.ts';

test('where claims may go on is kept over a restart of the worker, told once, and not when it no longer holds', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const instance = randomUUID();
  const { id } = await workers.register(db, { name: 'steady', host: 'here', instance, runtimes: ['shell'] });
  const life = async (places?: readonly LeftPlace[]) => {
    await workers.leave(db, id, instance, places);
    return workers.takeLeft(db, id);
  };
  const place = { runtime: 'shell', run_after: '2026-01-01T00:00:00.000001Z', id: '12', look_in_ms: 60_000 };

  expect(await life()).toEqual([]);
  const left = await life([place, { ...place, runtime: 'python', id: '13', look_in_ms: 0 }]);
  expect(left.map((one) => ({ ...one, look_in_ms: 60_000 }))).toEqual([place]);
  expect(left[0]?.look_in_ms).toBeLessThan(60_000);
  expect(left[0]?.look_in_ms).toBeGreaterThan(0);
  expect(await workers.takeLeft(db, id)).toEqual([]);
  expect(await life()).toEqual([]);
});
