import { identities } from '@attune/db';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtInSets, isRoutePermission, permissions, permits } from '../../src/api/auth/permission.ts';
import { buildApi } from '../../src/api/build.ts';
import { createMetrics } from '../../src/metrics/registry.ts';
import { errorOf, testApi, type TestApi } from './support.test-support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const pathOf = (url: string) =>
  url.replace(':ref', 'no.such').replace(':id', '999999').replace(':key', 'x').replace('*', 'x');

test('every route is open to exactly the roles that its permission says, and the answer to others tells nothing', async () => {
  expect(api.routes.length).toBeGreaterThan(40);
  await identities.insert(api.db, {
    login: 'nothing',
    display_name: null,
    password_hash: await api.passwords.hash('nothing'),
  });
  const session = await api.call('POST', '/auth/login', { body: { login: 'nothing', password: 'nothing' } });
  const nothing = (session.body['data'] as { access_token: string }).access_token;
  const roles = [
    { name: 'nobody', token: undefined, grants: null },
    { name: 'an identity without permissions', token: nothing, grants: [] },
    { name: 'viewer', token: api.viewer, grants: builtInSets.viewer.grants },
    { name: 'admin', token: api.admin, grants: builtInSets.admin.grants },
  ];
  for (const route of api.routes) {
    for (const role of roles) {
      const { permission } = route;
      const mayCall =
        permission === 'public' ||
        (role.grants !== null && (permission === 'authenticated' || permits(role.grants, permission)));
      const answer = await api.call(route.method as 'GET', pathOf(route.url), { token: role.token });
      const case_ = `${route.method} ${route.url} as ${role.name}: ${answer.status}`;
      // the webhook route is public and refuses an unknown key with 401 itself
      const refused = [401, 403].includes(answer.status) && !answer.text.includes('signature_invalid');
      if (mayCall) expect(refused, case_).toBe(false);
      else expect(answer.status, case_).toBe(role.grants === null ? 401 : 403);
      if (refused && route.method !== 'HEAD') {
        expect(errorOf(answer).details, case_).toEqual([]);
      }
    }
  }
});

test('what the viewer may not do is every change and every secret', () => {
  const mayNot = permissions.filter((permission) => !permits(builtInSets.viewer.grants, permission));
  expect(mayNot).toEqual([
    'packs:install',
    'packs:configure',
    'actions:execute',
    'triggers:secret',
    'rules:update',
    'events:create',
    'executions:cancel',
    'executions:pause',
    'inquiries:respond',
    'keys:create',
    'keys:update',
    'keys:delete',
    'keys:decrypt',
    'audit_events:read',
  ]);
});

test('only these routes are public', () => {
  const open = api.routes.filter(({ permission, method }) => permission === 'public' && method !== 'HEAD');
  expect(
    open
      .map(({ url }) => url)
      .filter((url) => !url.startsWith('/docs'))
      .sort(),
  ).toEqual([
    '/api/v1/webhooks/:key',
    '/auth/login',
    '/auth/logout',
    '/auth/refresh',
    '/health',
    '/health/live',
    '/openapi.json',
  ]);
});

test.each([
  '/api/v1/packs',
  '/api/v1/packs/',
  '/api/v1//packs',
  '/api/v1/packs?x=/health',
  '/api/v1/packs/health',
  '/API/v1/packs',
  '/api/v1/packs%2f',
  '/health/../api/v1/packs',
])('a path that looks like another opens nothing: %s', async (path) => {
  const answer = await api.call('GET', path);
  expect([401, 404, 400]).toContain(answer.status);
  expect(answer.body).not.toHaveProperty('data');
});

test('who may not call a route cannot make the server read its body', async () => {
  const answer = await api.call('POST', '/api/v1/packs/register', {
    token: api.viewer,
    body: Buffer.from('{ not even JSON'),
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(403);
});

test('a route without a permission keeps the server from starting', async () => {
  const deps = {
    db: api.db,
    bell: { ring: () => undefined },
    log: pino({ level: 'silent' }),
    secrets: api.secrets,
    metrics: createMetrics(),
    now: () => new Date(),
    isStopping: () => false,
    url: () => '',
  };
  for (const config of [{}, { permission: 'packs:everything' as 'packs:read' }]) {
    const { app } = await buildApi(deps, api.passwords);
    app.get('/api/v1/forgotten', { config }, () => ({}));
    await expect(app.ready()).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('GET /api/v1/forgotten') as string,
    });
    await app.close();
  }
});

test('a permission that is not granted by name is refused', () => {
  expect(permits([], 'packs:read')).toBe(false);
  expect(permits([{ resource: 'packs', actions: [] }], 'packs:read')).toBe(false);
  expect(permits([{ resource: 'pack', actions: ['*'] }], 'packs:read')).toBe(false);
  expect(permits([{ resource: 'packs', actions: ['*'] }], 'packs:read')).toBe(true);
  expect(isRoutePermission('public ')).toBe(false);
  expect(isRoutePermission(undefined)).toBe(false);
});

test('a permission that is taken away is gone with the next request', async () => {
  const made = await identities.insert(api.db, {
    login: 'once',
    display_name: null,
    password_hash: await api.passwords.hash('once'),
  });
  await identities.assign(api.db, made?.id ?? '', builtInSets.viewer.ref);
  const session = await api.call('POST', '/auth/login', { body: { login: 'once', password: 'once' } });
  const token = (session.body['data'] as { access_token: string }).access_token;
  expect((await api.call('GET', '/api/v1/packs', { token })).status).toBe(200);
  await identities.keepPermissionSet(api.db, { ...builtInSets.viewer, grants: [] });
  expect((await api.call('GET', '/api/v1/packs', { token })).status).toBe(403);
  await identities.keepPermissionSet(api.db, builtInSets.viewer);
});
