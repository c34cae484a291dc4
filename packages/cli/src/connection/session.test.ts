import { mkdir, readFile, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { testTerminal, type TestTerminal } from '../terminal.test-support.ts';
import { configPath, writeConfigFile } from './config-file.ts';
import { sessionFetch, type Renewal } from './session.ts';
import type { Target } from './target.ts';

/** A server that takes one token, and answers with what it got. */
async function serverTaking(token: string): Promise<{ url: string; seen: string[] } & AsyncDisposable> {
  const seen: string[] = [];
  const server: Server = createServer((request, response) => {
    const given = request.headers.authorization ?? '';
    seen.push(given);
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => response.writeHead(given === `Bearer ${token}` ? 200 : 401).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

async function loggedIn(terminal: TestTerminal, url: string): Promise<Target> {
  const profile = { api_url: url, auth_token: 'old', refresh_token: 'r1' };
  await mkdir(dirname(configPath(terminal)), { recursive: true });
  await writeConfigFile(configPath(terminal), { profile: 'default', profiles: { default: profile } });
  return { url, origin: 'a test', profileName: 'default', credentials: { kind: 'profile', name: 'default', profile } };
}

const renewing = (terminal: TestTerminal, target: Target, renew: Renewal['renew']) =>
  sessionFetch(target, { renewal: { configPath: configPath(terminal), renew } });

test('a 401 renews the login once, saves the new tokens with mode 0600, and sends the request again with its body', async () => {
  await using terminal = await testTerminal();
  await using server = await serverTaking('new');
  const target = await loggedIn(terminal, server.url);
  const renewed: string[] = [];
  const send = renewing(terminal, target, (token) => {
    renewed.push(token);
    return Promise.resolve({ auth_token: 'new', refresh_token: 'r2' });
  });
  const answer = await send(`${server.url}/x`, { method: 'POST', body: 'hello' });
  expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
  expect(server.seen).toEqual(['Bearer old', 'Bearer new']);
  expect(await readFile(configPath(terminal), 'utf8')).toContain('refresh_token: r2');
  expect((await stat(configPath(terminal))).mode & 0o777).toBe(0o600);
  expect((await send(`${server.url}/y`)).status).toBe(200);
  expect(renewed).toEqual(['r1']);
});

test('of commands that run at once one renews and the others use what it saved', async () => {
  await using terminal = await testTerminal();
  await using server = await serverTaking('new');
  const target = await loggedIn(terminal, server.url);
  let renewals = 0;
  const renew = () => {
    renewals += 1;
    return Promise.resolve({ auth_token: 'new', refresh_token: 'r2' });
  };
  const commands = Array.from({ length: 8 }, () => renewing(terminal, target, renew)(`${server.url}/x`));
  expect((await Promise.all(commands)).map((answer) => answer.status)).toEqual(Array(8).fill(200));
  expect(renewals).toBe(1);
});

test('a login that cannot be renewed leaves the 401 as it is', async () => {
  await using terminal = await testTerminal();
  await using server = await serverTaking('new');
  const target = await loggedIn(terminal, server.url);
  const send = renewing(terminal, target, () => Promise.resolve(undefined));
  expect((await send(`${server.url}/x`)).status).toBe(401);
  expect(server.seen).toEqual(['Bearer old']);
});

test('a server that is not there: the message names it and says how to start it', async () => {
  let url: string;
  {
    await using gone = await serverTaking('x');
    url = gone.url;
  }
  const target: Target = { url, origin: '--api-url', profileName: 'default', credentials: { kind: 'none' } };
  await expect(sessionFetch(target)(url)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/Cannot reach .*\(from --api-url\): nothing listens there.*npm start/) as string,
  });
});
