import { largestKeyValue, secretMask, type JsonObject } from '@attune/core';
import { identities, lists, sql } from '@attune/db';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  dataOf,
  errorOf,
  rowsOf,
  testApi,
  type Answer,
  type CallOptions,
  type TestApi,
} from './support.test-support.ts';
import { registerTestPack } from './test-pack.test-support.ts';

let api: TestApi;
/** Identities without any permission. */
let ada: { id: string; token: string };
let bob: { id: string; token: string };

beforeAll(async () => {
  api = await testApi();
  await registerTestPack(api);
  [ada, bob] = [await identity('ada'), await identity('bob')];
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await api.db.run(sql`delete from key`);
});

async function identity(login: string): Promise<{ id: string; token: string }> {
  const password_hash = await api.passwords.hash(login);
  const made = await identities.insert(api.db, { login, display_name: null, password_hash });
  const session = await api.call('POST', '/auth/login', { body: { login, password: login } });
  return { id: made?.id ?? '', token: dataOf(session)['access_token'] as string };
}

const call = (
  method: Parameters<TestApi['call']>[0],
  path: string,
  body?: JsonObject,
  options: CallOptions = {},
): Promise<Answer> =>
  api.call(method, `/api/v1/keys${path}`, { token: api.admin, ...(body === undefined ? {} : { body }), ...options });

const make = (body: JsonObject, options?: CallOptions) =>
  call('POST', '', { name: 'k', value: 'canary', ...body }, options);

const audited = async (): Promise<string[]> => {
  const { rows } = await lists.auditPage(api.db, { category: 'secret' }, { limit: 200, before: null });
  return rows.map(
    ({ event_type, resource_ref, actor_login }) => `${actor_login ?? ''} ${event_type} ${resource_ref ?? ''}`,
  );
};

test.each([
  [{ owner_type: 'system' }, 'system.k', null],
  [{}, 'system.k', null],
  [{ owner_type: 'pack', owner: 'demo' }, 'pack.demo.k', 'demo'],
  [{ owner_type: 'action', owner: 'demo.greet' }, 'action.demo.greet.k', 'demo.greet'],
  [{ owner_type: 'identity', owner: 'viewer' }, undefined, 'viewer'],
])(
  'a key of %j is made, shown without its value, set, decrypted and deleted',
  async (owner, expectedRef, owner_ref) => {
    const made = await make(owner);
    expect(made.status).toBe(201);
    const ref = dataOf(made)['ref'] as string;
    expect(ref).toMatch(expectedRef ?? /^identity\.\d+\.k$/);
    expect(dataOf(made)).toMatchObject({ name: 'k', owner_ref, encrypted: true, value: secretMask });
    expect(dataOf(await call('GET', `/${ref}`))['value']).toEqual(secretMask);
    expect(dataOf(await call('GET', `/${ref}?decrypt=true`))['value']).toBe('canary');

    const set = await call('PUT', `/${ref}`, { value: { deep: [9007199254740993n] } });
    expect([set.status, dataOf(set)['value']]).toEqual([200, secretMask]);
    expect(dataOf(await call('GET', `/${ref}?decrypt=true`))['value']).toEqual({ deep: [9007199254740993n] });
    expect(rowsOf(await call('GET', ''))).toMatchObject([{ ref, owner_ref }]);
    expect(rowsOf(await call('GET', ''))[0]).not.toHaveProperty('value');

    expect(dataOf(await call('DELETE', `/${ref}`))).toEqual({ ref, deleted: true });
    expect(errorOf(await call('GET', `/${ref}`))).toMatchObject({
      code: 'not_found',
      message: `There is no key '${ref}'`,
    });
    const events = (await audited()).filter((event) => event.endsWith(` ${ref}`)).slice(0, 5);
    expect(events).toEqual(
      ['key.delete', 'key.decrypt', 'key.update', 'key.decrypt', 'key.create'].map((event) => `admin ${event} ${ref}`),
    );
  },
);

test('a value stands in no row in clear, unless it is said to be no secret', async () => {
  await make({ value: { deep: 'canary' } });
  await make({ name: 'plain', value: 'seen', encrypted: false });
  const rows = await api.db.many<{ row: string }>(sql`select to_jsonb(k)::text as row from key k order by id`);
  expect(rows[0]?.row).not.toContain('canary');
  expect(rows[0]?.row).toContain(`"encryption_key_hash": "${api.secrets.id}"`);
  expect(dataOf(await call('GET', '/system.plain'))['value']).toBe('seen');
  await call('PUT', '/system.plain', { value: 'hidden', encrypted: true });
  expect(dataOf(await call('GET', '/system.plain'))['value']).toEqual(secretMask);
});

test('lists are filtered by owner and name', async () => {
  await make({});
  await make({ owner_type: 'pack', owner: 'demo' });
  await make({ owner_type: 'pack', owner: 'demo', name: 'other' });
  const refs = async (query: string) => rowsOf(await call('GET', query)).map((row) => row['ref']);
  expect(await refs('?owner_type=pack')).toEqual(['pack.demo.other', 'pack.demo.k']);
  expect(await refs('?owner_type=pack&owner=demo&name=k')).toEqual(['pack.demo.k']);
  expect(await refs('?owner=nobody')).toEqual([]);
  expect((await call('GET', '?owner_type=group')).status).toBe(400);
});

test('a second key of one owner and name is a conflict; other owners have their own', async () => {
  await make({});
  expect(errorOf(await make({}))).toMatchObject({ code: 'conflict' });
  expect((await make({ owner_type: 'pack', owner: 'demo' })).status).toBe(201);
  await api.db.run(sql`
    insert into key (ref, owner_type, name, encrypted, value) values ('old.one', 'system', 'old', false, 'as it was')`);
  expect(errorOf(await make({ name: 'old' })).code).toBe('conflict');
  expect(dataOf(await call('GET', '/old.one'))['value']).toBe('as it was');
});

test('the same request under the same idempotency key makes one key; another value is a conflict', async () => {
  const headers = { 'idempotency-key': 'once' };
  expect((await make({}, { headers })).status).toBe(201);
  expect((await make({}, { headers })).status).toBe(200);
  expect(errorOf(await make({ value: 'another' }, { headers })).code).toBe('idempotency_conflict');
  const [{ row } = { row: '' }] = await api.db.many<{ row: string }>(
    sql`select to_jsonb(i)::text as row from idempotency i`,
  );
  expect(row).not.toContain('canary');
});

test('what an older system encrypted cannot be shown, only set again', async () => {
  await api.db.run(sql`
    insert into key (ref, owner_type, name, encrypted, encryption_key_hash, value)
    values ('old.secret', 'system', 'old', true, 'abc', 'c2VjcmV0')`);
  expect(dataOf(await call('GET', '/old.secret'))['value']).toEqual(secretMask);
  expect(errorOf(await call('GET', '/old.secret?decrypt=true'))).toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('set its value again') as string,
  });
  await call('PUT', '/old.secret', { value: 'new' });
  expect(dataOf(await call('GET', '/old.secret?decrypt=true'))['value']).toBe('new');
});

test.each<[JsonObject, number, string]>([
  [{ name: 'API_KEY' }, 422, '/name'],
  [{ name: '' }, 422, '/name'],
  [{ owner: 'demo' }, 422, '/owner'],
  [{ owner_type: 'pack' }, 422, '/owner'],
  [{ owner_type: 'pack', owner: 'nothing' }, 422, '/owner'],
  [{ owner_type: 'action', owner: 'demo.nothing' }, 422, '/owner'],
  [{ owner_type: 'identity', owner: 'nobody' }, 422, '/owner'],
  [{ owner_type: 'sensor', owner: 'demo.x' }, 422, '/owner_type'],
  [{ vaule: 1 }, 422, ''],
])('%j is refused with its place', async (body, status, pointer) => {
  const answer = await make(body);
  expect([answer.status, errorOf(answer).details[0]?.['pointer']]).toEqual([
    status,
    pointer === '' ? expect.anything() : pointer,
  ]);
});

test('a value may have 64 KiB of JSON and no byte more', async () => {
  const fits = 'x'.repeat(largestKeyValue - 2);
  expect((await make({ value: fits.slice(1) })).status).toBe(201);
  expect((await call('PUT', '/system.k', { value: fits })).status).toBe(200);
  const answer = await call('PUT', '/system.k', { value: `${fits}x` });
  expect([answer.status, errorOf(answer).details[0]?.['pointer']]).toEqual([413, '/value']);
});

test('the viewer sees keys, but changes none and decrypts none', async () => {
  await make({});
  const token = api.viewer;
  expect((await call('GET', '/system.k', undefined, { token })).status).toBe(200);
  for (const [method, path, body] of [
    ['GET', '/system.k?decrypt=true', undefined],
    ['PUT', '/system.k', { value: 1 }],
    ['DELETE', '/system.k', undefined],
    ['POST', '', { name: 'mine', value: 1 }],
  ] as const) {
    const answer = await call(method, path, body, { token });
    expect([answer.status, errorOf(answer).code], `${method} ${path}`).toEqual([403, 'forbidden']);
    expect(errorOf(answer).message).toMatch(/This needs the permission keys:/);
  }
});

test('an identity has its own keys without any permission, and sees no other', async () => {
  const mine = await make({ owner_type: 'identity', owner: 'me' }, { token: ada.token });
  const ref = `identity.${ada.id}.k`;
  expect([mine.status, dataOf(mine)['ref']]).toEqual([201, ref]);
  await make({});
  const as = (who: { token: string }, method: 'GET' | 'PUT' | 'DELETE', path: string, body?: JsonObject) =>
    call(method, path, body, { token: who.token });
  expect(rowsOf(await as(ada, 'GET', '')).map((row) => row['ref'])).toEqual([ref]);
  expect(rowsOf(await as(bob, 'GET', ''))).toEqual([]);
  expect(dataOf(await as(ada, 'GET', `/${ref}?decrypt=true`))['value']).toBe('canary');
  for (const path of [`/${ref}`, '/system.k']) {
    expect((await as(bob, 'GET', path)).status).toBe(404);
    expect((await as(bob, 'PUT', path, { value: 1 })).status).toBe(404);
    expect((await as(bob, 'DELETE', path)).status).toBe(404);
  }
  expect((await make({ owner_type: 'identity', owner: 'ada' }, { token: bob.token })).status).toBe(422);
  expect((await make({ owner_type: 'system' }, { token: bob.token })).status).toBe(403);
  expect((await as(ada, 'PUT', `/${ref}`, { value: 2 })).status).toBe(200);
  expect((await as(ada, 'DELETE', `/${ref}`)).status).toBe(200);
});
