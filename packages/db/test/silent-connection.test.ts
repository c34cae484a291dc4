import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { silentProxy } from '../../../testing/silent-proxy.ts';
import { until } from '../../../testing/until.ts';
import { Client } from '../src/client.ts';
import { connectionConfig, openDatabase, sql } from '../src/database.ts';
import { openDoorbell } from '../src/doorbell.ts';
import { migrate } from '../src/migrate.ts';
import { pulseTimeouts, workTimeouts } from '../src/timeouts.ts';

// The real bounds are seconds; what is tried here is that they do something.
const quick = { ...workTimeouts, lookMs: 100 };

test('a doorbell whose connection went silent hears rings again', async () => {
  await using fresh = await freshDatabase();
  await using proxy = await silentProxy(fresh.url);
  const bell = openDoorbell(proxy.url, () => undefined, { quietMs: 200 });
  const other = openDoorbell(fresh.url, () => undefined);
  try {
    let heard = 0;
    bell.on('execution', () => (heard += 1));
    await until('it hears', () => (other.ring('execution'), heard > 0));
    proxy.goSilent();
    await until('it has another connection', () => bell.counts().reconnects > 0);
    heard = 0;
    await until('it hears again', () => (other.ring('execution'), heard > 0));
  } finally {
    await Promise.all([bell.close(), other.close()]);
  }
});

test('whoever waits for an answer on a connection that went silent is told, in a transaction too', async () => {
  await using fresh = await freshDatabase();
  await using proxy = await silentProxy(fresh.url);
  const db = openDatabase(proxy.url, { timeouts: quick });
  try {
    const inTransaction = db.transaction(async (tx) => {
      await tx.run(sql`select 1`);
      proxy.goSilent();
      await tx.run(sql`select 2`);
    });
    await expect(inTransaction).rejects.toThrow(/lost|terminated/);
    expect(await db.one(sql`select 3 as three`)).toEqual({ three: 3 });
  } finally {
    await db.close();
  }
});

test('whoever waits is told although the question about its connection was lost, too', async () => {
  await using fresh = await freshDatabase();
  await using proxy = await silentProxy(fresh.url);
  const db = openDatabase(proxy.url, { timeouts: quick });
  try {
    await db.run(sql`select 1`);
    proxy.goSilent();
    proxy.goSilentAt('pg_stat_activity');
    await expect(db.run(sql`select 2`)).rejects.toThrow(/lost|terminated/);
  } finally {
    await db.close();
  }
});

test('when one connection is found to be lost, those that lay idle meanwhile are not tried one by one', async () => {
  await using fresh = await freshDatabase();
  await using proxy = await silentProxy(fresh.url);
  const db = openDatabase(proxy.url, { timeouts: quick });
  try {
    const three = () =>
      Promise.all([1, 2, 3].map((number) => db.one(sql`select ${number}::int as number, pg_sleep(0.05)`)));
    await three();
    expect(db.connections().idle).toBe(3);
    proxy.goSilent();
    await expect(db.run(sql`select 1`)).rejects.toThrow(/lost|terminated/);
    expect((await three()).length).toBe(3);
  } finally {
    await db.close();
  }
});

test('the goodbye to a connection that went silent does not last', async () => {
  await using fresh = await freshDatabase();
  await using proxy = await silentProxy(fresh.url);
  const client = new Client(connectionConfig(proxy.url, 'attune test'));
  await client.connect();
  proxy.goSilent();
  await client.end();
});

test('a start that hears nothing of the database fails', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  try {
    const { port } = silent.address() as AddressInfo;
    await expect(migrate(`postgresql://attune@127.0.0.1:${port}/attune`)).rejects.toThrow(/timeout|terminated/);
  } finally {
    silent.close();
  }
});

test('all connections open and end soon', () => {
  const folder = join(import.meta.dirname, '..', 'src');
  const otherwise = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) =>
      [...readFileSync(join(folder, path), 'utf8').matchAll(/new pg\.(?:Client|Pool\((?![^;]*\bClient\b))/g)].map(
        () => path,
      ),
    );
  expect(otherwise).toEqual([]);
});

test('a statement that the server is at work on is left alone', async () => {
  await using fresh = await freshDatabase();
  await using proxy = await silentProxy(fresh.url);
  const db = openDatabase(proxy.url, { timeouts: quick });
  try {
    await expect(db.run(sql`select pg_sleep(1)`)).resolves.toBe(1);
  } finally {
    await db.close();
  }
});

test('a transaction that stands still gives back what it locked', async () => {
  await using fresh = await freshDatabase();
  const stopped = fresh.open({ timeouts: { ...quick, idleInTransactionMs: 300, lookMs: 60_000 } });
  await fresh.db.run(sql`insert into identity (login) values ('one')`);
  const standing = stopped.transaction(async (tx) => {
    await tx.run(sql`select from identity for update`);
    // another process takes the row although this one does not move
    await fresh.db.run(sql`update identity set display_name = 'Two'`);
    await tx.run(sql`select 1`);
  });
  await expect(standing).rejects.toThrow();
  expect(await fresh.db.one(sql`select display_name from identity`)).toEqual({ display_name: 'Two' });
});

test('every connection asks for the bounds it is given', async () => {
  await using fresh = await freshDatabase();
  const bounds = sql<Record<string, string>>`select current_setting('statement_timeout') as statement_timeout,
    current_setting('idle_in_transaction_session_timeout') as idle_in_transaction, current_setting('tcp_user_timeout') as user_timeout`;
  const [work, pulse] = [fresh.open({ timeouts: workTimeouts }), fresh.open({ timeouts: pulseTimeouts })];
  expect(await work.one(bounds)).toEqual({
    statement_timeout: '1min',
    idle_in_transaction: '10s',
    user_timeout: '10000',
  });
  expect(await pulse.one(bounds)).toEqual({
    statement_timeout: '4s',
    idle_in_transaction: '4s',
    user_timeout: '10000',
  });
  expect((await fresh.db.one(bounds))['statement_timeout']).toBe('0');
});
