import { lists, loginThrottle, sql, tokens } from '@attune/db';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attemptLimits } from '../../src/api/auth/session.ts';
import { accessTokenSeconds } from '../../src/api/auth/access-token.ts';
import { dataOf, errorOf, testApi, type TestApi } from './support.test-support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const logIn = (password = api.password, login = 'admin') =>
  api.call('POST', '/auth/login', { body: { login, password } });

test('the first password logs in, and tells who it is', async () => {
  const answer = await logIn();
  expect(answer.status).toBe(200);
  expect(dataOf(answer)).toMatchObject({ token_type: 'Bearer', expires_in: 900, user: { login: 'admin' } });
  const me = await api.call('GET', '/auth/me', { token: dataOf(answer)['access_token'] as string });
  expect(dataOf(me)).toMatchObject({ login: 'admin', permission_sets: ['core.admin'] });
});

test('an unknown login and a wrong password get the same answer, and both are audited', async () => {
  const wrong = await logIn('wrong');
  const unknown = await logIn('wrong', 'nobody');
  for (const answer of [wrong, unknown]) {
    expect(answer.status).toBe(401);
    expect({ ...errorOf(answer), request_id: '' }).toEqual({
      code: 'unauthorized',
      message: 'The login or the password is wrong',
      details: [],
      request_id: '',
    });
  }
  const { rows } = await lists.auditPage(
    api.db,
    { event_type: 'auth.login', outcome: 'failure' },
    { limit: 2, before: null },
  );
  expect(rows.map((row) => row.actor_login)).toEqual(['nobody', 'admin']);
  expect(rows[0]?.request_id).toBe(errorOf(unknown).request_id);
});

test('passwords are kept as Argon2id with 19 MiB and two passes', async () => {
  expect(await api.passwords.hash('x')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('an access token that has expired says so', async () => {
  const token = dataOf(await logIn())['access_token'] as string;
  const before = api.clock.now;
  api.clock.now = new Date(before.getTime() + (accessTokenSeconds + 1) * 1000);
  const answer = await api.call('GET', '/auth/me', { token });
  api.clock.now = before;
  expect(answer.status).toBe(401);
  expect(errorOf(answer).code).toBe('token_expired');
});

test.each([
  ['no token', undefined],
  ['nonsense', 'nonsense'],
  ['an unsigned token', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'],
  ['an unknown integration token', 'attune_it_AAAA'],
])('%s is refused', async (_, token) => {
  const answer = await api.call('GET', '/auth/me', { token });
  expect([answer.status, errorOf(answer).code]).toEqual([401, 'unauthorized']);
  expect(answer.headers['www-authenticate']).toContain('Bearer');
});

test('a refresh token works once; a second use ends the session, access tokens included', async () => {
  const first = dataOf(await logIn());
  const refresh = (token: unknown) => api.call('POST', '/auth/refresh', { body: { refresh_token: token as string } });
  const second = dataOf(await refresh(first['refresh_token']));
  expect(second['refresh_token']).not.toBe(first['refresh_token']);
  expect((await api.call('GET', '/auth/me', { token: second['access_token'] as string })).status).toBe(200);

  expect((await refresh(first['refresh_token'])).status).toBe(401);
  expect((await refresh(second['refresh_token'])).status).toBe(401);
  expect((await api.call('GET', '/auth/me', { token: second['access_token'] as string })).status).toBe(401);
});

test('of two refreshes at once with one token at most one succeeds', async () => {
  const { refresh_token } = dataOf(await logIn());
  const answers = await Promise.all(
    [1, 2, 3].map(() => api.call('POST', '/auth/refresh', { body: { refresh_token: refresh_token as string } })),
  );
  expect(answers.filter((answer) => answer.status === 200).length).toBe(1);
});

test('after a logout neither token is accepted', async () => {
  const session = dataOf(await logIn());
  const body = { refresh_token: session['refresh_token'] as string };
  expect((await api.call('POST', '/auth/logout', { body })).status).toBe(200);
  expect((await api.call('POST', '/auth/refresh', { body })).status).toBe(401);
  expect((await api.call('GET', '/auth/me', { token: session['access_token'] as string })).status).toBe(401);
});

test('failed logins are throttled, however many come at once, and say when to come back', async () => {
  const login = 'throttled';
  const answers = await Promise.all(Array.from({ length: attemptLimits.pair + 5 }, () => logIn('wrong', login)));
  const codes = answers.map((answer) => answer.status);
  expect(codes.filter((code) => code === 401).length).toBe(attemptLimits.pair);
  expect(codes.filter((code) => code === 429).length).toBe(5);
  const throttled = answers.find((answer) => answer.status === 429);
  expect(Number(throttled?.headers['retry-after'])).toBeGreaterThan(0);
  expect((await logIn()).status).toBe(200);
});

test('sessions and throttles that are over are forgotten, but not the used tokens of a living session', async () => {
  const { refresh_token } = dataOf(await logIn());
  await api.call('POST', '/auth/refresh', { body: { refresh_token: refresh_token as string } });
  const counts = () =>
    api.db.one<{ families: number; used: number; throttles: number }>(sql`
      select count(distinct family)::int as families, count(used_at)::int as used,
        (select count(*)::int from login_throttle) as throttles
      from refresh_token`);
  const before = await counts();
  await tokens.pruneRefresh(api.db);
  await loginThrottle.prune(api.db);
  expect(await counts()).toEqual(before);
  await api.db.run(sql`
    update refresh_token set expires_at = now() - interval '1 second' where family <> (
      select family from refresh_token where used_at is not null order by created desc limit 1)`);
  await api.db.run(sql`update login_throttle set window_ends = now() - interval '1 second'`);
  await tokens.pruneRefresh(api.db);
  await loginThrottle.prune(api.db);
  expect(await counts()).toMatchObject({ families: 1, used: 1, throttles: 0 });
});
