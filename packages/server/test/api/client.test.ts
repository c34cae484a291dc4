import { connect } from 'node:net';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAttuneClient, createClient, getEvent, getPack } from '@attune/client';
import { openDoorbell, sql } from '@attune/db';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../../testing/database.ts';
import { startApi } from '../../src/api/api.ts';
import { readConfig } from '../../src/config.ts';
import { createMetrics } from '../../src/metrics/registry.ts';
import { loadSecretKey } from '../../src/secret-key.ts';

/** The API on a socket of this machine, with the local CLI's token. */
async function listeningApi() {
  const database = await freshDatabase();
  const home = await mkdtemp(join(tmpdir(), 'attune-api-'));
  const bell = openDoorbell(database.url, () => undefined);
  const deps = {
    db: database.db,
    pulse: database.db,
    bell,
    log: pino({ level: 'silent' }),
    config: readConfig({ ATTUNE_HOME: home }),
    secrets: loadSecretKey(home, undefined),
    metrics: createMetrics(),
  };
  const start = () => startApi({ ...deps, metrics: createMetrics() }, 0);
  const api = await start();
  const tokenFile = async () =>
    JSON.parse(await readFile(join(home, 'cli-token.json'), 'utf8')) as { url: string; token: string };
  return {
    api,
    db: database.db,
    home,
    start,
    tokenFile,
    async [Symbol.asyncDispose]() {
      await api.stop();
      await bell.close();
      await database[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

test('the typed client logs in by the token file, speaks without rounding, and throws what the server tells', async () => {
  await using listening = await listeningApi();
  const { url, token } = await listening.tokenFile();
  expect(url).toBe(listening.api.url);
  expect((await stat(join(listening.home, 'cli-token.json'))).mode & 0o777).toBe(0o600);

  const attune = createAttuneClient({ url, token });
  expect((await attune.whoami()).data).toMatchObject({ login: 'admin', permission_sets: ['core.admin'] });
  const files = [
    { path: 'pack.yaml', text: 'ref: tiny\nlabel: Tiny\nversion: 1.0.0\n' },
    { path: 'triggers/tick.yaml', text: 'ref: tiny.tick\n' },
  ].map(({ path, text }) => ({ path, mode: 420 as const, content_base64: Buffer.from(text).toString('base64') }));
  expect((await attune.registerPack({ body: { files } })).data).toMatchObject({ ref: 'tiny', changed: true });

  const payload = { exact: 12345678901234567890n };
  const { data } = await attune.recordEvent({ body: { trigger_ref: 'tiny.tick', payload } });
  expect((await attune.getEvent({ path: { id: data.id } })).data.payload).toEqual(payload);
  expect((await attune.listEvents({ query: { limit: 1, trigger_ref: 'tiny.tick' } })).data).toHaveLength(1);

  await expect(attune.getPack({ path: { ref: 'none' } })).rejects.toMatchObject({ code: 'not_found' });
  await expect(attune.recordEvent({ body: { trigger_ref: 'no.ne', payload: null } })).rejects.toMatchObject({
    code: 'unknown_ref',
    details: [{ pointer: '/trigger_ref' }],
  });
  await expect(createAttuneClient({ url }).listPacks()).rejects.toMatchObject({ code: 'unauthorized' });

  const client = createClient({ baseUrl: `${url}/`, token: () => token });
  expect((await getPack({ client, path: { ref: 'none' } })).error?.error.code).toBe('not_found');
  expect((await getEvent({ client, path: { id: data.id } })).data?.data.trigger_ref).toBe('tiny.tick');
});

test('the first start prints a password, later ones keep it; a token that is missing or not accepted is made anew', async () => {
  await using listening = await listeningApi();
  const password = listening.api.firstPassword ?? '';
  const { url, token } = await listening.tokenFile();
  const login = () => createAttuneClient({ url }).login({ body: { login: 'admin', password } });
  expect((await login()).data.user.login).toBe('admin');
  const second = await listening.start();
  expect(second.firstPassword).toBeUndefined();
  expect((await listening.tokenFile()).token).toBe(token);
  await second.stop();

  await listening.db.run(sql`update integration_token set revoked_at = now()`);
  await (await listening.start()).stop();
  const renewed = await listening.tokenFile();
  expect(renewed.token).not.toBe(token);
  await rm(join(listening.home, 'cli-token.json'));
  await (await listening.start()).stop();
  expect((await listening.tokenFile()).token).not.toBe(renewed.token);
  await expect(createAttuneClient({ url, token: renewed.token }).whoami()).rejects.toMatchObject({
    code: 'unauthorized',
  });
});

test('what is not HTTP, and headers beyond their limit, are answered in the one shape of errors', async () => {
  await using listening = await listeningApi();
  const { hostname, port } = new URL(listening.api.url);
  const send = (text: string) =>
    new Promise<string>((resolve, reject) => {
      let answer = '';
      const socket = connect(Number(port), hostname, () => socket.write(text));
      socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
      socket.on('end', () => resolve(answer)).on('error', reject);
    });
  const nonsense = await send('nonsense\r\n\r\n');
  expect(nonsense).toMatch(/^HTTP\/1\.1 400 /);
  const large = await send(`GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`);
  expect(large).toMatch(/^HTTP\/1\.1 431 /);
  for (const answer of [nonsense, large]) {
    const { error } = JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as { error: { code: string; request_id: string } };
    expect(error.code).toBe('bad_request');
    expect(error.request_id).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test('stopping answers what was asked, and says goodbye', async () => {
  await using listening = await listeningApi();
  const attune = createAttuneClient({ url: listening.api.url });
  const asked = attune.getLiveness();
  await asked;
  const second = await listening.start();
  const living = () =>
    listening.db.one<{ count: number }>(sql`select count(*)::int as count from service where service = 'api'`);
  expect((await living()).count).toBe(2);
  await second.stop();
  expect((await living()).count).toBe(1);
  await expect(createAttuneClient({ url: second.url }).getLiveness()).rejects.toThrow();
});
