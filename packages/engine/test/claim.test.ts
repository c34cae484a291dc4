import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { claim, handBack } from '../src/index.ts';
import { installAction, installWorker, request, rowsOf } from './support.ts';

test('no execution is claimed twice, however many workers ask at once', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'test.run' });
  const ids = [];
  for (let n = 0; n < 60; n += 1) ids.push((await request(db, 'test.run')).id);
  const workers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => installWorker(db, name)));
  const claimed = await Promise.all(
    workers.map((worker) => claim(fresh.open(), { worker, runtimes: ['shell'], limit: 20 })),
  );
  expect(
    claimed
      .flat()
      .map((one) => one.id)
      .sort((a, b) => Number(a) - Number(b)),
  ).toEqual(ids);
});

test('a worker claims only what it has the runtime for', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'test.python', runtime: 'python' });
  await request(db, 'test.python');
  const worker = await installWorker(db, 'a');
  expect(await claim(db, { worker, runtimes: ['shell'], limit: 5 })).toEqual([]);
  expect(await claim(db, { worker, runtimes: ['shell', 'python'], limit: 5 })).toHaveLength(1);
});

test('a claim carries what the worker needs, defaults filled', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, {
    ref: 'test.run',
    timeout_seconds: 7,
    parameters: { who: { type: 'string', default: 'world' }, big: { type: 'integer' } },
  });
  await request(db, 'test.run', { big: 9007199254740993n });
  const [claimed] = await claim(db, { worker: await installWorker(db, 'a'), runtimes: ['shell'], limit: 1 });
  expect(claimed).toMatchObject({
    action_ref: 'test.run',
    config: { who: 'world', big: 9007199254740993n },
    timeout_seconds: 7,
    attempt: 1,
    definition: { ref: 'test.run' },
  });
});

test('a claim handed back is claimed again by another', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'test.run' });
  await request(db, 'test.run');
  const [first] = await claim(db, { worker: await installWorker(db, 'a'), runtimes: ['shell'], limit: 1 });
  if (first === undefined) throw new Error('nothing was claimed');
  expect(await handBack(db, { execution: first.id, lease_token: first.lease_token })).toBe(true);
  const [second] = await claim(db, { worker: await installWorker(db, 'b'), runtimes: ['shell'], limit: 1 });
  expect(second?.id).toBe(first.id);
  expect(second?.lease_token).not.toBe(first.lease_token);
  expect(await handBack(db, { execution: first.id, lease_token: first.lease_token })).toBe(false);
});

test('parameters that do not fit are refused with their place and nothing is stored', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'test.run', parameters: { count: { type: 'integer', required: true } } });
  await expect(request(db, 'test.run', { count: '5' })).rejects.toMatchObject({
    code: 'invalid_input',
    details: [{ pointer: '/parameters/count' }],
  });
  await expect(request(db, 'test.gone')).rejects.toMatchObject({ code: 'unknown_ref' });
  expect(await rowsOf(db, 'test.run')).toEqual([]);
});
