import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { watchUnused } from './stop-connections.ts';

test('a server that stops answers what was asked, and does not wait for connections on which nothing was asked', async () => {
  let answer: () => unknown = () => undefined;
  const asked = new Promise<void>((resolve) => {
    server.on('request', (_, response) => {
      answer = () => response.end('answered');
      resolve();
    });
  });
  const endUnused = watchUnused(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const silent = connect(port, '127.0.0.1');
  silent.on('error', () => undefined);
  await once(server, 'connection');
  const response = fetch(`http://127.0.0.1:${String(port)}/`, { headers: { connection: 'close' } });
  await asked;

  const closed = new Promise((resolve) => server.close(resolve));
  endUnused();
  await once(silent, 'close');
  answer();
  expect(await (await response).text()).toBe('answered');
  await closed;
});

const server = createServer();
