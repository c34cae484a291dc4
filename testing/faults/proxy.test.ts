import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openProxy } from './proxy.ts';

/** A server that answers with what it is told, behind a proxy. */
async function echo() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await openProxy(() => (server.address() as AddressInfo).port);
  const clients: Socket[] = [];
  return {
    proxy,
    async client() {
      const client = connect(proxy.port, '127.0.0.1');
      clients.push(client);
      client.on('error', () => undefined);
      await once(client, 'connect');
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of [...sockets, ...clients]) socket.destroy();
      await proxy[Symbol.asyncDispose]();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function say(client: Socket, text: string): Promise<string> {
  client.write(text);
  const [answer] = (await once(client, 'data')) as [Buffer];
  return answer.toString();
}

/** What comes first: an answer, the end, or nothing for a while. */
const after = (client: Socket): Promise<string> =>
  Promise.race([
    once(client, 'data').then(
      ([data]) => String(data),
      () => 'closed',
    ),
    once(client, 'close').then(
      () => 'closed',
      () => 'closed',
    ),
    new Promise<string>((resolve) => setTimeout(() => resolve('silence'), 150)),
  ]);

test('what is dropped is reset, and new connections work', async () => {
  await using place = await echo();
  const client = await place.client();
  expect(await say(client, 'one')).toBe('one');
  const ended = after(client);
  expect(place.proxy.drop()).toBe(1);
  expect(await ended).toBe('closed');
  expect(await say(await place.client(), 'two')).toBe('two');
});

test('what is frozen says nothing, and then goes on, is reset, or stays silent while new connections work', async () => {
  for (const then of ['resume', 'reset', 'silence'] as const) {
    await using place = await echo();
    const client = await place.client();
    expect(await say(client, 'one')).toBe('one');
    place.proxy.freeze(then !== 'silence');
    client.write('two');
    expect(await after(client), then).toBe('silence');
    const next = after(client);
    place.proxy.thaw(then);
    expect(await next).toBe({ resume: 'two', reset: 'closed', silence: 'silence' }[then]);
    expect(await say(await place.client(), 'three')).toBe('three');
  }
});

test('what is silent stays so: another freeze does not wake it, and nobody says goodbye', async () => {
  await using place = await echo();
  const client = await place.client();
  expect(await say(client, 'one')).toBe('one');
  place.proxy.freeze(false);
  place.proxy.thaw('silence');
  expect(place.proxy.freeze(true)).toBe(0);
  place.proxy.thaw('resume');
  client.end('two');
  expect(await after(client)).toBe('silence');
});

test('a goodbye is passed on and answered', async () => {
  await using place = await echo();
  const client = await place.client();
  expect(await say(client, 'one')).toBe('one');
  client.end();
  expect(await after(client)).toBe('closed');
});

test('what was frozen twice at a time arrives once', async () => {
  await using place = await echo();
  const client = await place.client();
  expect(await say(client, 'one')).toBe('one');
  place.proxy.freeze(true);
  place.proxy.freeze(true);
  place.proxy.thaw('resume');
  place.proxy.thaw('resume');
  expect(await say(client, 'two')).toBe('two');
  expect(await after(client)).toBe('silence');
});
