import { createServer, type AddressInfo } from 'node:net';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryHome } from '../../../testing/server.ts';
import { readConfig } from '../src/config.ts';
import { claimPort, removeServerFile, writeServerFile } from '../src/server-file.ts';

test('nothing has to be set', () => {
  const config = readConfig({});
  expect(config).toMatchObject({ host: '127.0.0.1', port: 8080, databaseUrl: undefined, logLevel: 'info' });
  expect(config.home).toMatch(/\.attune$/);
});

test('an empty variable counts as not set', () => {
  expect(readConfig({ ATTUNE_PORT: '', DATABASE_URL: ' ' })).toMatchObject({ port: 8080, databaseUrl: undefined });
});

test.each([
  ['ATTUNE_PORT', '65536', /a whole number from 0 to 65535/],
  ['ATTUNE_PORT', '-1', /a whole number from 0 to 65535/],
  ['ATTUNE_PORT', 'http', /a whole number from 0 to 65535/],
  ['ATTUNE_WORKER_SLOTS', '0', /from 1 to 1000/],
  ['ATTUNE_WORKER_SLOTS', '1001', /from 1 to 1000/],
  ['ATTUNE_DATABASE_POOL', '1', /from 2 to 200/],
  ['ATTUNE_STOP_GRACE_SECONDS', '601', /from 0 to 600/],
  ['ATTUNE_WORKER_PRESTART', 'yes', /one of on, off/],
  ['ATTUNE_WORKER_WARM_USES', '0', /from 1 to 1000000/],
  ['ATTUNE_WORKER_WARM_USES', '1000001', /from 1 to 1000000/],
  ['ATTUNE_WORKER_WARM_MEMORY_MB', '15', /from 16 to 1048576/],
  ['ATTUNE_WORKER_WARM_MEMORY_MB', '1048577', /from 16 to 1048576/],
  ['ATTUNE_WORKER_WARM_AGE_SECONDS', '0', /from 1 to 31536000/],
  ['ATTUNE_WORKER_WARM_AGE_SECONDS', '31536001', /from 1 to 31536000/],
  ['ATTUNE_WORKER_WARM_IDLE_SECONDS', '0', /from 1 to 31536000/],
  ['ATTUNE_WORKER_WARM_IDLE_SECONDS', '31536001', /from 1 to 31536000/],
  ['ATTUNE_WORKER_WARM_KEPT', '1001', /from 0 to 1000/],
  ['ATTUNE_LOG_LEVEL', 'loud', /one of trace, debug/],
  ['ATTUNE_PUBLIC_URL', 'ftp://x', /http or https URL/],
])('%s=%s is refused, naming what was expected', (name, value, expected) => {
  expect(() => readConfig({ [name]: value })).toThrow(expected);
  expect(() => readConfig({ [name]: value })).toThrow(name);
});

test.each([
  ['ATTUNE_PORT', ['0', '65535']],
  ['ATTUNE_WORKER_SLOTS', ['1', '1000']],
  ['ATTUNE_DATABASE_POOL', ['2', '200']],
  ['ATTUNE_STOP_GRACE_SECONDS', ['0', '600']],
  ['ATTUNE_WORKER_PRESTART', ['on', 'off']],
  ['ATTUNE_WORKER_WARM_USES', ['1', '1000000']],
  ['ATTUNE_WORKER_WARM_MEMORY_MB', ['16', '1048576']],
  ['ATTUNE_WORKER_WARM_AGE_SECONDS', ['1', '31536000']],
  ['ATTUNE_WORKER_WARM_IDLE_SECONDS', ['1', '31536000']],
  ['ATTUNE_WORKER_WARM_KEPT', ['0', '1000']],
])('%s takes its limits', (name, values) => {
  for (const value of values) expect(() => readConfig({ [name]: value })).not.toThrow();
});

test('a wrong DATABASE_URL is refused without repeating it, for it may hold a password', () => {
  let message = '';
  try {
    readConfig({ DATABASE_URL: 'mysql://root:hunter2@db/x' });
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain('DATABASE_URL');
  expect(message).not.toContain('hunter2');
});

/** Something else that listens on a port of this machine. */
async function occupant(): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

test('a taken port is a clear error that says how to go on', async () => {
  await using home = await temporaryHome();
  await using taken = await occupant();
  const config = readConfig({ ATTUNE_HOME: home.path, ATTUNE_PORT: String(taken.port) });
  await expect(claimPort(config)).rejects.toThrow(/is taken.*ATTUNE_PORT/);
});

test('port 0 is the last port where it is free, else any', async () => {
  await using home = await temporaryHome();
  const config = readConfig({ ATTUNE_HOME: home.path, ATTUNE_PORT: '0' });
  expect(await claimPort(config)).toBe(0);
  let port = 0;
  {
    await using taken = await occupant();
    port = taken.port;
    await writeServerFile(home.path, { url: `http://127.0.0.1:${port}`, database_url: 'postgresql://x' });
    await removeServerFile(home.path);
    expect(await claimPort(config)).toBe(0);
  }
  expect(await claimPort(config)).toBe(port);
});

test('what a crash left in server.json is the last port too', async () => {
  await using home = await temporaryHome();
  let port = 0;
  {
    await using once = await occupant();
    port = once.port;
  }
  const left = { pid: 999_999_999, url: `http://127.0.0.1:${port}`, database_url: 'x', version: '0', started_at: 'x' };
  await writeFile(join(home.path, 'server.json'), JSON.stringify(left));
  expect(await claimPort(readConfig({ ATTUNE_HOME: home.path, ATTUNE_PORT: '0' }))).toBe(port);
});

test('server.json holds the five documented fields and only its owner may read it', async () => {
  await using home = await temporaryHome();
  await writeServerFile(home.path, { url: 'http://127.0.0.1:1', database_url: 'postgresql://a:b@c/d' });
  const path = join(home.path, 'server.json');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const file = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  expect(Object.keys(file).sort()).toEqual(['database_url', 'pid', 'started_at', 'url', 'version']);
  expect(file['pid']).toBe(process.pid);
});
