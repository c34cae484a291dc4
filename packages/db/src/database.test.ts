import type { Json } from '@attune/core';
import { EventEmitter, once } from 'node:events';
import { inspect } from 'node:util';
import pg from 'pg';
import { expect, test, vi } from 'vitest';
import { emptyDatabase, freshDatabase } from '../../../testing/database.ts';
import { jsonb, openDatabase, sql, type Tx } from './database.ts';

const one = async <R>(tx: Tx, statement: ReturnType<typeof sql<{ value: R }>>) => (await tx.one(statement)).value;

test('ids are strings of digits, all of them', async () => {
  await using database = await freshDatabase();
  expect(await one(database.db, sql<{ value: string }>`select 9223372036854775807::bigint as value`)).toBe(
    '9223372036854775807',
  );
});

test.each<[Json]>([
  [9007199254740993n],
  [-9223372036854775808n],
  [1.5],
  ['text'],
  [[null, true]],
  [{ n: 12345678901234567890n }],
])('JSON %o comes back as it went', async (value) => {
  await using database = await freshDatabase();
  expect(await one(database.db, sql<{ value: Json }>`select ${jsonb(value)} as value`)).toEqual(value);
});

test('an absent value is SQL NULL, not JSON null', async () => {
  await using database = await freshDatabase();
  expect(await one(database.db, sql<{ value: boolean }>`select ${jsonb(null)} is null as value`)).toBe(true);
  expect(await one(database.db, sql<{ value: boolean }>`select ${jsonb(undefined)} is null as value`)).toBe(true);
});

test.each([
  ['2026-03-29 02:30:00.5+02', '2026-03-29T00:30:00.500000Z'],
  ['1970-01-01 00:00:00.000001+00', '1970-01-01T00:00:00.000001Z'],
  ['9999-12-31 23:59:59.999999+00', '9999-12-31T23:59:59.999999Z'],
  ['infinity', 'infinity'],
  ['-infinity', '-infinity'],
])('the instant %s reads %s', async (text, instant) => {
  await using database = await freshDatabase();
  expect(await one(database.db, sql<{ value: string }>`select ${text}::timestamptz as value`)).toBe(instant);
});

test('a transaction that throws leaves nothing', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const keep = (tx: Tx, login: string) => tx.run(sql`insert into identity (login) values (${login})`);
  await db.transaction((tx) => keep(tx, 'kept'));
  const attempt = db.transaction(async (tx) => {
    await keep(tx, 'dropped');
    throw new Error('changed my mind');
  });
  await expect(attempt).rejects.toThrow('changed my mind');
  expect(await db.many(sql`select login from identity`)).toEqual([{ login: 'kept' }]);
});

test('`one` refuses an empty answer', async () => {
  await using database = await freshDatabase();
  await expect(database.db.one(sql`select 1 where false`)).rejects.toThrow('returned none');
});

test('a connection lost inside a transaction fails it, and the next one gets a new connection', async () => {
  await using database = await freshDatabase();
  const db = openDatabase(database.url, { max: 1 });
  const lost = db.transaction(async (tx) => {
    const { pid } = await tx.one(sql<{ pid: number }>`select pg_backend_pid() as pid`);
    await database.db.one(sql`select pg_terminate_backend(${pid}, 10000)`);
    await tx.run(sql`select 1`);
  });
  await expect(lost).rejects.toThrow();
  expect(await db.transaction((tx) => one(tx, sql<{ value: number }>`select 1 as value`))).toBe(1);
  await db.close();
});

test('an idle connection that breaks is reported and replaced', async () => {
  await using database = await freshDatabase();
  const breaks = new EventEmitter();
  const db = openDatabase(database.url, { max: 1, onIdleError: (error) => breaks.emit('break', error) });
  const broken = once(breaks, 'break');
  const { pid } = await db.one(sql<{ pid: number }>`select pg_backend_pid() as pid`);
  await database.db.one(sql`select pg_terminate_backend(${pid}, 10000)`);
  const [error] = (await broken) as [Error];
  expect(inspect(error, { depth: 9 })).not.toMatch(/secretKey|connectionParameters/);
  expect(await one(db, sql<{ value: number }>`select 1 as value`)).toBe(1);
  await db.close();
});

test('one plan serves all values of a statement of a service, but a list is planned for its own', async () => {
  await using database = await emptyDatabase();
  const db = database.open({ avoidScans: true, max: 1 });
  const mode = sql<{ mode: string }>`select current_setting('plan_cache_mode') as mode`;
  expect(await db.one(mode)).toEqual({ mode: 'force_generic_plan' });
  expect(await db.list(mode)).toEqual([{ mode: 'auto' }]);
  expect(await db.one(mode)).toEqual({ mode: 'force_generic_plan' });
  await expect(db.list(sql`select from nowhere`)).rejects.toThrow('nowhere');
  const inTransaction = await db.transaction(async (tx) => [
    await tx.list(mode),
    await tx.list(mode),
    await tx.one(mode),
  ]);
  expect(inTransaction).toEqual([[{ mode: 'auto' }], [{ mode: 'auto' }], { mode: 'force_generic_plan' }]);
  expect(await db.one(mode)).toEqual({ mode: 'force_generic_plan' });
});

test('what travels along with a commit fails its transaction', async () => {
  await using database = await emptyDatabase();
  const { db } = database;
  await db.run(sql`create table kept (id int primary key)`);
  const insert = (...ids: number[]) =>
    db.transaction((tx) => {
      for (const id of ids) tx.along(tx.run(sql`insert into kept values (${id})`));
      return Promise.resolve('done');
    });
  expect(await insert(1, 2)).toBe('done');
  await expect(insert(3, 1, 4)).rejects.toThrow('kept_pkey'); // not what the statements after it were told
  expect(await db.many(sql`select id from kept order by id`)).toEqual([{ id: 1 }, { id: 2 }]);
  expect(await insert(3)).toBe('done');
});

test('a service asks for plans that go by indexes, and keeps its other settings', async () => {
  await using database = await emptyDatabase();
  const settings = sql<{ settings: string }>`
    select concat_ws(' ', current_setting('enable_seqscan'), current_setting('TimeZone')) as settings`;
  expect(await database.open({ avoidScans: true }).one(settings)).toEqual({ settings: 'off UTC' });
  expect(await database.open().one(settings)).toEqual({ settings: 'on UTC' });
});

test('a connection that ends just when a transaction takes it ends nothing else', async () => {
  await using database = await freshDatabase();
  const db = database.open({ max: 1 });
  const { connect: take } = pg.Pool.prototype as { connect: (this: pg.Pool) => Promise<pg.PoolClient> };
  const taking = vi.spyOn(pg.Pool.prototype, 'connect').mockImplementationOnce(async function (this: pg.Pool) {
    const client = await take.call(this);
    client.emit('error', new Error('The connection ended')); // without a listener this throws
    return client;
  } as never);
  expect(await db.transaction((tx) => one(tx, sql<{ value: number }>`select 1 as value`))).toBe(1);
  taking.mockRestore();
});
