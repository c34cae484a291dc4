import { secretMask, type JsonObject } from '@attune/core';
import { lists, sql } from '@attune/db';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { dataOf, errorOf, testApi, type TestApi } from './support.test-support.ts';
import { packFiles, registerTestPack, upload } from './test-pack.test-support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await registerTestPack(api);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await api.db.run(sql`update pack set config = '{}'`);
});

const path = '/api/v1/packs/demo/config';
const get = () => api.call('GET', path, { token: api.admin });
const put = (body: JsonObject, token = api.admin) => api.call('PUT', path, { token, body });
const patch = (body: JsonObject, token = api.admin) => api.call('PATCH', path, { token, body });

test('the configuration in force is shown, secrets masked, with what is set and what is missing', async () => {
  expect(dataOf(await get())).toMatchObject({
    pack_ref: 'demo',
    config: { region: 'here' },
    set: [],
    missing: ['token'],
  });
  expect(dataOf(await put({ region: 'there', token: 'canary' }))).toMatchObject({
    config: { region: 'there', token: secretMask },
    set: ['region', 'token'],
    missing: [],
  });
  expect(dataOf(await patch({ region: null }))).toMatchObject({ config: { region: 'here', token: secretMask } });
  expect(dataOf(await put({ token: secretMask, region: 'back' }))).toMatchObject({
    config: { region: 'back' },
    missing: [],
  });
  expect(dataOf(await put({}))).toMatchObject({ config: { region: 'here' }, set: [] });
});

test('a secret stands in no row in clear, and shows in no answer', async () => {
  await put({ token: 'canary' });
  const rows = await api.db.many<{ row: string }>(sql`
    select to_jsonb(p)::text as row from pack p union all select to_jsonb(a)::text from audit_event a`);
  for (const { row } of rows) expect(row).not.toContain('canary');
  for (const of of [path, '/api/v1/packs/demo', '/api/v1/packs', '/api/v1/audit-events']) {
    expect((await api.call('GET', of, { token: api.admin })).text, of).not.toContain('canary');
  }
});

test('a value that does not fit is refused by name, and nothing is set', async () => {
  const answer = await patch({ region: 1, tokne: 'x' });
  expect([answer.status, errorOf(answer).code]).toEqual([422, 'invalid_input']);
  expect(errorOf(answer).details).toMatchObject([
    { pointer: '/region', message: expect.stringContaining('must be a string') as string },
    { pointer: '/tokne', message: expect.stringContaining('Did you mean "token"?') as string },
  ]);
  expect(dataOf(await get())['set']).toEqual([]);
  expect(errorOf(await put({ token: secretMask })).details).toMatchObject([{ pointer: '/token' }]);
});

test('changes need packs:configure and are audited by name', async () => {
  for (const change of [put, patch]) expect((await change({}, api.viewer)).status).toBe(403);
  expect((await api.call('GET', path, { token: api.viewer })).status).toBe(200);
  await patch({ region: 'x' });
  const { rows } = await lists.auditPage(api.db, { event_type: 'pack.configure' }, { limit: 1, before: null });
  expect(rows).toMatchObject([{ actor_login: 'admin', resource_ref: 'demo', details: { changed: ['region'] } }]);
});

test('an unknown pack has no configuration', async () => {
  const unknown = '/api/v1/packs/nothing/config';
  expect((await api.call('GET', unknown, { token: api.admin })).status).toBe(404);
  expect((await api.call('PATCH', unknown, { token: api.admin, body: {} })).status).toBe(404);
});

test('the configuration survives a new version, or refuses it', async () => {
  await put({ region: 'there', token: 'canary' });
  const register = (schema: string, version: string, force = false) =>
    api.call('POST', '/api/v1/packs/register', {
      token: api.admin,
      body: upload(
        { ...packFiles, 'pack.yaml': `ref: demo\nversion: ${version}\nconf_schema: ${schema}\n` },
        { force },
      ),
    });
  expect((await register('{ region: { type: string }, token: { secret: true } }', '1.1.0')).status).toBe(201);
  expect(dataOf(await get())['config']).toEqual({ region: 'there', token: secretMask });
  const refused = await register('{ region: { type: integer }, token: { secret: true, type: integer } }', '1.2.0');
  expect([refused.status, errorOf(refused).code]).toEqual([409, 'conflict']);
  expect(errorOf(refused).details.map((detail) => detail['pointer'])).toEqual(['/config/region', '/config/token']);
  expect(refused.text).not.toContain('canary');
  const forced = await register('{ region: { type: integer }, token: { secret: true } }', '1.2.0', true);
  expect(dataOf(forced)['forgotten_config']).toEqual(['region']);
  expect(dataOf(await get())['config']).toEqual({ token: secretMask });
});
