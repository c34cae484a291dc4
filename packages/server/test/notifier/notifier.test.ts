import { openDoorbell, sql } from '@attune/db';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { freshDatabase, type TestDatabase } from '../../../../testing/database.ts';
import { until } from '../../../../testing/until.ts';
import { readConfig } from '../../src/config.ts';
import type { Deps } from '../../src/deps.ts';
import { startNotifier } from '../../src/notifier/notifier.ts';
import { createMetrics } from '../../src/metrics/registry.ts';
import { loadSecretKey } from '../../src/secret-key.ts';

type Message = Record<string, unknown>;

async function site(
  fresh: TestDatabase,
  mayRead = (token: string): Promise<boolean> => Promise.resolve(token === 'good'),
): Promise<{ url: string; deps: Deps } & AsyncDisposable> {
  const bell = openDoorbell(fresh.url, () => undefined);
  const deps = depsOf(fresh, bell);
  const stop = await startNotifier(deps, mayRead);
  const { url } = await fresh.db.one<{ url: string }>(sql`select url from service where service = 'notifier'`);
  return {
    url,
    deps,
    async [Symbol.asyncDispose]() {
      await stop();
      await bell.close();
    },
  };
}

const depsOf = (fresh: TestDatabase, bell: Deps['bell']): Deps => ({
  db: fresh.db,
  pulse: fresh.db,
  bell,
  log: pino({ level: 'silent' }),
  config: readConfig({}),
  secrets: loadSecretKey('', Buffer.alloc(32, 7).toString('hex')),
  metrics: createMetrics(),
});

/** A client that keeps what it hears. */
function listen(url: string, token: string, protocols?: string[]) {
  const socket = new WebSocket(url, protocols, protocols ? {} : { headers: { authorization: `Bearer ${token}` } });
  const heard: Message[] = [];
  let closed: number | undefined;
  socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString('utf8')) as Message));
  socket.on('close', (code) => (closed = code));
  return {
    socket,
    heard,
    closed: () => closed,
    hears: (part: Message) =>
      until(`the client hears ${JSON.stringify(part)}`, () =>
        heard.find((message) => Object.entries(part).every(([key, value]) => message[key] === value)),
      ),
  };
}

const insertExecution = async (fresh: TestDatabase, parent: string | null): Promise<string> =>
  (
    await fresh.db.one<{ id: string }>(sql`
      insert into execution (action_ref, parent, status) values ('test.run', ${parent}, 'running') returning id`)
  ).id;

test('a subscriber to an execution hears of it and of its children, and of each change once', async () => {
  await using fresh = await freshDatabase();
  await using notifier = await site(fresh);
  const id = await insertExecution(fresh, null);
  const client = listen(notifier.url, 'good');
  await client.hears({ type: 'welcome' });
  client.socket.send(JSON.stringify({ type: 'subscribe', filter: `entity:execution:${id}` }));
  await client.hears({ type: 'subscribed' });
  await client.hears({ entity_id: id, notification_type: 'execution_created' });

  const child = await insertExecution(fresh, id);
  await fresh.db.run(sql`update execution set status = 'completed', updated = now() where id = ${id}`);
  notifier.deps.bell.ring('change');
  await client.hears({ entity_id: child, notification_type: 'execution_created' });
  const changed = await client.hears({ entity_id: id, notification_type: 'execution_status_changed' });
  expect(changed['payload']).toMatchObject({ id, status: 'completed', action_ref: 'test.run' });
  expect(changed['payload']).not.toHaveProperty('result');
  expect(client.heard.filter((message) => message['entity_id'] === id)).toHaveLength(2);
  client.socket.close();
});

test('a subscriber to a kind hears of new rows only', async () => {
  await using fresh = await freshDatabase();
  await using notifier = await site(fresh);
  await insertExecution(fresh, null);
  const client = listen(notifier.url, '', ['attune.v1', 'attune.jwt.good']);
  await client.hears({ type: 'welcome' });
  client.socket.send(JSON.stringify({ type: 'subscribe', filter: 'entity_type:event' }));
  client.socket.send(JSON.stringify({ type: 'subscribe', filter: 'entity_type:execution' }));
  await client.hears({ type: 'subscribed', filter: 'entity_type:execution' });
  await until('the notifier knows where new rows begin', async () => {
    const { id } = await fresh.db.one<{ id: string }>(sql`
      insert into event (trigger_ref) values ('test.happened') returning id`);
    notifier.deps.bell.ring('event');
    return client.heard.some((message) => message['entity_type'] === 'event') && id;
  });
  expect(client.heard.filter((message) => message['entity_type'] === 'execution')).toEqual([]);
  client.socket.close();
});

test('more new rows than one look tells of are told without another reason to look', async () => {
  await using fresh = await freshDatabase();
  await using notifier = await site(fresh);
  const client = listen(notifier.url, 'good');
  await client.hears({ type: 'welcome' });
  client.socket.send(JSON.stringify({ type: 'subscribe', filter: 'entity_type:event' }));
  await client.hears({ type: 'subscribed' });
  await until('the notifier knows where new rows begin', async () => {
    await fresh.db.run(sql`insert into event (trigger_ref) values ('test.happened')`);
    notifier.deps.bell.ring('event');
    return client.heard.some((message) => message['entity_type'] === 'event');
  });
  await fresh.db.run(sql`insert into event (trigger_ref) select 'test.often' from generate_series(1, 5_200)`);
  notifier.deps.bell.ring('event');
  const often = () => client.heard.filter((message) => JSON.stringify(message).includes('test.often'));
  const began = performance.now();
  await until('all are told', () => often().length >= 5_200);
  expect(new Set(often().map((message) => message['entity_id'])).size).toBe(5_200);
  expect(performance.now() - began).toBeLessThan(8_000); // by the poll alone it would be ten seconds
  client.socket.close();
});

test('who follows a run and its task hears of the task once, and another follower of it likewise', async () => {
  await using fresh = await freshDatabase();
  await using notifier = await site(fresh);
  const run = await insertExecution(fresh, null);
  const task = await insertExecution(fresh, run);
  const clients = await Promise.all(
    [[run, task], [task]].map(async (followed) => {
      const client = listen(notifier.url, 'good');
      await client.hears({ type: 'welcome' });
      for (const id of followed)
        client.socket.send(JSON.stringify({ type: 'subscribe', filter: `entity:execution:${id}` }));
      for (const id of followed) await client.hears({ type: 'subscribed', filter: `entity:execution:${id}` });
      await client.hears({ entity_id: task, notification_type: 'execution_created' });
      return client;
    }),
  );
  await fresh.db.run(sql`update execution set status = 'completed', updated = now()`);
  notifier.deps.bell.ring('change');
  for (const client of clients) {
    await client.hears({ entity_id: task, notification_type: 'execution_status_changed' });
    expect(client.heard.filter((message) => message['entity_id'] === task)).toHaveLength(2);
    client.socket.close();
  }
  expect(clients[1]?.heard.some((message) => message['entity_id'] === run)).toBe(false);
});

test('while the doorbell rings all the time, the notifier rests between two looks', async () => {
  await using fresh = await freshDatabase();
  const looks: { began: number; ended: number }[] = [];
  const many = fresh.db.many.bind(fresh.db);
  const counted = vi.spyOn(fresh.db, 'many').mockImplementation(async (statement) => {
    const began = performance.now();
    const rows = await many(statement);
    looks.push({ began, ended: performance.now() });
    return rows;
  });
  await using notifier = await site(fresh);
  const client = listen(notifier.url, 'good');
  await client.hears({ type: 'welcome' });
  client.socket.send(
    JSON.stringify({ type: 'subscribe', filter: `entity:execution:${await insertExecution(fresh, null)}` }),
  );
  await client.hears({ notification_type: 'execution_created' });
  looks.length = 0;
  await until('it has looked often', () => {
    notifier.deps.bell.ring('change');
    return looks.length >= 10;
  });
  counted.mockRestore();
  const pairs = looks.slice(1).map((look, index) => ({ before: looks[index] ?? look, look }));
  for (const { before, look } of pairs) {
    // what a timer may be early by
    expect(look.began - before.ended).toBeGreaterThan(Math.min(100, 9 * (before.ended - before.began)) - 2);
  }
  client.socket.close();
});

test('without a token that holds a client is turned away, and told what was wrong with a message', async () => {
  await using fresh = await freshDatabase();
  await using notifier = await site(fresh);
  const stranger = listen(notifier.url, 'bad');
  await until('the stranger is turned away', () => stranger.closed() === 4401);
  expect(stranger.heard).toEqual([]);

  const client = listen(notifier.url, 'good');
  await client.hears({ type: 'welcome' });
  client.socket.send('{"type":');
  await client.hears({ type: 'error', message: 'Expected a JSON message' });
  client.socket.send(JSON.stringify({ type: 'subscribe', filter: 'all' }));
  expect((await client.hears({ type: 'error' }))['message']).toBeDefined();
  client.socket.send(JSON.stringify({ type: 'ping' }));
  await client.hears({ type: 'pong' });
  client.socket.close();
});

test('a token that cannot be checked, as while the database restarts, costs its client the connection and nobody else theirs', async () => {
  await using fresh = await freshDatabase();
  await using notifier = await site(fresh, (token) =>
    token === 'good' ? Promise.resolve(true) : Promise.reject(new Error('The connection was lost')),
  );
  const client = listen(notifier.url, 'good');
  await client.hears({ type: 'welcome' });
  const unlucky = listen(notifier.url, 'other');
  await until('the client is sent away', () => unlucky.closed() === 1013);
  client.socket.send(JSON.stringify({ type: 'ping' }));
  await client.hears({ type: 'pong' });
  client.socket.close();
});

test('a client that reads nothing does not keep the notifier from stopping', async () => {
  await using fresh = await freshDatabase();
  const client = await (async () => {
    await using notifier = await site(fresh);
    const deaf = listen(notifier.url, 'good');
    await deaf.hears({ type: 'welcome' });
    deaf.socket.pause();
    return deaf;
  })();
  client.socket.resume();
  await until('the connection is gone', () => client.closed() !== undefined);
}, 20_000);

test('a pause, and a question with its answer, are told to whoever follows the execution or all questions', async () => {
  await using fresh = await freshDatabase();
  await using notifier = await site(fresh);
  const id = await insertExecution(fresh, null);
  const asked = async () =>
    (
      await fresh.db.one<{ id: string }>(sql`
        insert into inquiry (execution, prompt) values (${id}, 'Go?') returning id`)
    ).id;
  const before = await asked();
  const client = listen(notifier.url, 'good');
  await client.hears({ type: 'welcome' });
  client.socket.send(JSON.stringify({ type: 'subscribe', filter: `entity:execution:${id}` }));
  client.socket.send(JSON.stringify({ type: 'subscribe', filter: 'entity_type:inquiry' }));
  const created = await client.hears({ entity_id: id, notification_type: 'execution_created' });
  expect(created['payload']).toMatchObject({ paused: false, inquiry: before });

  const inquiry = await until('the notifier knows where new inquiries begin', async () => {
    const made = await asked();
    notifier.deps.bell.ring('change');
    return client.heard.some((message) => message['notification_type'] === 'inquiry_created') && made;
  });
  await fresh.db.run(sql`update inquiry set status = 'responded', updated = now() where id = ${inquiry}`);
  await fresh.db.run(sql`update inquiry set status = 'timeout', updated = now() where id = ${before}`);
  await fresh.db.run(sql`update execution set updated = now() where id = ${id}`);
  notifier.deps.bell.ring('change');
  await client.hears({ entity_id: inquiry, notification_type: 'inquiry_responded' });
  const late = await client.hears({ entity_id: before, notification_type: 'inquiry_timeout' });
  expect(late['payload']).not.toHaveProperty('prompt');
  client.socket.close();
});

test('where it cannot start it leaves no server that listens, which would keep the process', async () => {
  await using fresh = await freshDatabase();
  const bell = openDoorbell(fresh.url, () => undefined);
  const servers = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  const before = servers();
  await fresh.db.run(sql`alter table service rename to elsewhere`);
  await expect(startNotifier(depsOf(fresh, bell), () => Promise.resolve(true))).rejects.toThrow('does not exist');
  await until('nothing listens any more', () => servers() === before);
  await bell.close();
});
