import { request as httpRequest } from 'node:http';
import { randomBytes } from 'node:crypto';
import type { JsonObject } from '@attune/core';
import { sql } from '@attune/db';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bodyLimits, logLimit, pageLimit, treeLimit, waitingLimit } from '../../src/api/edge/limits.ts';
import { dataOf, rowsOf, testApi, type TestApi } from './support.test-support.ts';
import { packFiles, registerTestPack, upload, webhookOf } from './test-pack.test-support.ts';

let api: TestApi;
let url: string;
beforeAll(async () => {
  api = await testApi();
  await registerTestPack(api);
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

/** Announces a body of this size, sends nothing of it, and gives the answer that comes all the same. */
const announce = (path: string, bytes: number) =>
  new Promise<{ status: number; body: JsonObject }>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${api.admin}`,
      'content-type': 'application/json',
      'content-length': bytes,
    };
    const request = httpRequest(`${url}${path}`, { method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        request.destroy();
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as JsonObject });
      });
    });
    request.on('error', reject).flushHeaders();
  });

test.each([
  ['/api/v1/events', bodyLimits.json],
  ['/api/v1/packs/register', bodyLimits.pack],
  ['/api/v1/triggers/demo.push/webhook/sign', bodyLimits.sign],
  ['/api/v1/webhooks/any', bodyLimits.webhook],
])('%s refuses a body of more than %i bytes before it is sent', async (path, limit) => {
  const { status, body } = await announce(path, limit + 1);
  expect([status, (body['error'] as JsonObject)['code']]).toEqual([413, 'too_large']);
  expect((body['error'] as JsonObject)['message']).toContain(`${limit} bytes`);
});

test('a pack far larger than other bodies may be is registered', async () => {
  const large = upload({ ...packFiles, 'pack.yaml': packFiles['pack.yaml']?.replaceAll('demo', 'large') ?? '' }) as {
    files: JsonObject[];
  };
  const files = large.files.filter(({ path }) => path === 'pack.yaml');
  files.push({ path: 'data/blob', mode: 0o644, content_base64: randomBytes(20 * 1_048_576).toString('base64') });
  const answer = await api.call('POST', '/api/v1/packs/register', { token: api.admin, body: { files } });
  expect([answer.status, dataOf(answer)['ref']]).toEqual([201, 'large']);
});

test('a page holds 50 rows, and 200 where they are asked for', async () => {
  await api.db.run(sql`
    insert into event (trigger_ref, matched_at) select 'demo.many', now() from generate_series(1, ${pageLimit.most + 1})`);
  const list = (query: string) => api.call('GET', `/api/v1/events?trigger_ref=demo.many${query}`, { token: api.admin });
  expect(rowsOf(await list(''))).toHaveLength(pageLimit.default);
  const most = await list(`&limit=${pageLimit.most}`);
  expect(rowsOf(most)).toHaveLength(pageLimit.most);
  const rest = await list(`&limit=${pageLimit.most}&cursor=${most.body['next_cursor'] as string}`);
  expect([rowsOf(rest).length, rest.body['next_cursor']]).toEqual([1, null]);
});

test('a tree shows as many executions as its limit, and says that there are more', async () => {
  const { id } = await api.db.one<{ id: string }>(sql`
    insert into execution (action_ref, status) values ('demo.root', 'completed') returning id`);
  const add = (count: number) =>
    api.db.run(sql`
      insert into execution (action_ref, parent, status)
      select 'demo.leaf', ${id}, 'completed' from generate_series(1, ${count})`);
  const tree = async () => dataOf(await api.call('GET', `/api/v1/executions/${id}/tree`, { token: api.admin }));
  await add(treeLimit - 1);
  const whole = await tree();
  expect([(whole['children'] as unknown[]).length, whole['truncated']]).toEqual([treeLimit - 1, false]);
  await add(1);
  const cut = await tree();
  expect([(cut['children'] as unknown[]).length, cut['truncated']]).toEqual([treeLimit - 1, true]);
});

test('a log answer holds as many bytes as its limit, and goes on where it stopped', async () => {
  const { id } = await api.db.one<{ id: string }>(sql`
    insert into execution (action_ref, status) values ('demo.talker', 'completed') returning id`);
  const chunk = 65_536;
  await api.db.run(sql`
    insert into execution_log (execution, stream, byte_offset, content)
    select ${id}, 'stdout', n * ${chunk}::int, convert_to(repeat('x', ${chunk}::int), 'UTF8') from generate_series(0, 16) as n`);
  const read = async (query: string) =>
    dataOf(await api.call('GET', `/api/v1/executions/${id}/logs?${query}`, { token: api.admin }));
  expect(await read('')).toMatchObject({ next_offset: logLimit.default, complete: false });
  const most = await read(`limit=${logLimit.most}`);
  expect(most).toMatchObject({ next_offset: logLimit.most, complete: false });
  expect(await read(`offset=${logLimit.most}`)).toMatchObject({ next_offset: logLimit.most + chunk, complete: true });
});

test('what waits to be stored is bounded: beyond it a request is told when to come again, and the others are stored', async () => {
  const { path } = await webhookOf(api, 'demo.open');
  const body = Buffer.from(JSON.stringify('x'.repeat(9 * 1_048_576)));
  // four at most are under way, alone because of their size
  const most = 4 + Math.floor(waitingLimit.bytes / body.length);
  const send = () => api.call('POST', path, { body, headers: { 'content-type': 'application/json' } });
  const { answers, refused } = await api.db.transaction(async (tx) => {
    await tx.run(sql`lock table event in access exclusive mode`);
    const all = Array.from({ length: most + 1 }, send);
    return { answers: all, refused: await Promise.race(all) };
  });
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
  expect((refused.body['error'] as JsonObject)['code']).toBe('overloaded');
  const taken = (await Promise.all(answers)).filter(({ status }) => status === 200);
  expect(taken.length).toBeGreaterThanOrEqual(most - 4);
  const { count } = await api.db.one<{ count: number }>(sql`
    select count(*)::int as count from event where trigger_ref = 'demo.open'`);
  expect(count).toBe(taken.length);
});
