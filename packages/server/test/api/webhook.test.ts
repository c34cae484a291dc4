import { createHmac } from 'node:crypto';
import type { JsonObject } from '@attune/core';
import { sql } from '@attune/db';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bodyLimits } from '../../src/api/edge/limits.ts';
import { dataOf, errorOf, rowsOf, testApi, type TestApi } from './support.test-support.ts';
import { registerTestPack, webhookOf } from './test-pack.test-support.ts';

let api: TestApi;
let push: { path: string; secret: string };
let open: { path: string };

beforeAll(async () => {
  api = await testApi();
  await registerTestPack(api);
  push = (await webhookOf(api, 'demo.push')) as typeof push;
  open = await webhookOf(api, 'demo.open');
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const json = { 'content-type': 'application/json' };
const signature = (body: string | Buffer, secret = push.secret) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

const deliver = (body: string | Buffer, headers: Record<string, string> = {}, path = push.path) =>
  api.call('POST', path, {
    body: Buffer.from(body),
    headers: { ...json, 'x-hub-signature-256': signature(body), ...headers },
  });

const eventOf = async (id: unknown) =>
  dataOf(await api.call('GET', `/api/v1/events/${id as string}`, { token: api.admin }));

test('a signed raw body becomes an event, with its headers but without its proof', async () => {
  const body = '{ "ref": "refs/heads/main",\n  "id": 12345678901234567890 }';
  const answer = await deliver(body, {
    'X-GitHub-Event': 'push',
    Authorization: 'Basic c2VjcmV0',
    Cookie: 'session=1',
  });
  expect(answer.status).toBe(200);
  expect(dataOf(answer)).toMatchObject({ trigger_ref: 'demo.push', repeated: false });
  expect(api.rung).toContain('event');

  const event = await eventOf(dataOf(answer)['event_id']);
  expect(event).toMatchObject({
    trigger_ref: 'demo.push',
    source_ref: 'webhook',
    payload: { ref: 'refs/heads/main', id: 12345678901234567890n },
  });
  const headers = event['headers'] as JsonObject;
  expect(headers).toMatchObject({ 'x-github-event': 'push', 'content-type': 'application/json' });
  for (const name of ['authorization', 'cookie', 'x-hub-signature-256']) expect(headers).not.toHaveProperty(name);
});

test('a form with `payload` is taken too', async () => {
  const body = new URLSearchParams({ payload: '{"ref":"refs/heads/form"}' }).toString();
  const answer = await deliver(body, { 'content-type': 'application/x-www-form-urlencoded' });
  expect((await eventOf(dataOf(answer)['event_id']))['payload']).toEqual({ ref: 'refs/heads/form' });
});

test('an unknown key and a wrong signature get the same answer, and nothing is stored', async () => {
  const { path, secret } = push;
  const count = () => api.db.one<{ count: number }>(sql`select count(*)::int as count from event`);
  const before = await count();
  const body = '{}';
  const good = signature(body).slice('sha256='.length);
  const wrong: [string, string, Record<string, string>][] = [
    ['unknown key', `/api/v1/webhooks/wh_${'0'.repeat(32)}`, {}],
    ['no key at all', '/api/v1/webhooks/x', {}],
    ['other secret', path, { 'x-hub-signature-256': signature(body, `${secret}x`) }],
    ['other body', path, { 'x-hub-signature-256': signature('{ }') }],
    ['no prefix', path, { 'x-hub-signature-256': good }],
    [
      'other algorithm',
      path,
      { 'x-hub-signature-256': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}` },
    ],
    ['cut', path, { 'x-hub-signature-256': `sha256=${good.slice(0, -2)}` }],
    ['empty', path, { 'x-hub-signature-256': '' }],
    ['in the wrong header', path, { 'x-hub-signature-256': '', 'x-signature': signature(body) }],
  ];
  const answers = await Promise.all(wrong.map(([, to, headers]) => deliver(body, headers, to)));
  for (const answer of answers) {
    expect(answer.status).toBe(401);
    expect({ ...errorOf(answer), request_id: '' }).toEqual({ ...errorOf(answers[0] ?? answer), request_id: '' });
    expect(errorOf(answer).code).toBe('signature_invalid');
  }
  const unsigned = await api.call('POST', path, { body: Buffer.from(body), headers: json });
  expect(unsigned.status).toBe(401);
  expect(await count()).toEqual(before);
});

test('upper-case hex digits are the same signature', async () => {
  const body = '{"upper":1}';
  const upper = `sha256=${signature(body).slice(7).toUpperCase()}`;
  expect((await deliver(body, { 'x-hub-signature-256': upper })).status).toBe(200);
});

test('a webhook whose configuration or secret is broken takes nothing', async () => {
  await using broken = await testApi();
  await registerTestPack(broken);
  const { path, secret } = await webhookOf(broken, 'demo.push');
  const body = '{}';
  const send = () =>
    broken.call('POST', path, {
      body: Buffer.from(body),
      headers: { ...json, 'x-hub-signature-256': signature(body, secret ?? '') },
    });
  expect((await send()).status).toBe(200);
  for (const config of [
    '{}',
    '{"hmac": "none"}',
    '{"hmac": {"header": "x"}}',
    '{"hmac": {"header": "x", "algorithm": "md5"}}',
    'null',
  ]) {
    await broken.db.run(sql`update trigger set webhook_config = ${config}::jsonb where ref = 'demo.push'`);
    expect((await send()).status).toBe(401);
  }
  await broken.db.run(sql`
    update trigger set webhook_secret_encrypted = null,
      webhook_config = '{"hmac": {"header": "x-hub-signature-256", "algorithm": "sha256", "prefix": "sha256="}}'
    where ref = 'demo.push'`);
  expect((await send()).status).toBe(401);
});

test('a trigger that needs no signature is opened by its key alone', async () => {
  const answer = await api.call('POST', open.path, { body: Buffer.from('[1, 2]'), headers: json });
  expect(answer.status).toBe(200);
});

test('a delivery that is repeated is the same event, also when both come at once', async () => {
  const body = '{"again": true}';
  const answers = await Promise.all(Array.from({ length: 8 }, () => deliver(body, { 'X-Delivery': 'one' })));
  const ids = new Set(answers.map((answer) => dataOf(answer)['event_id']));
  expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 8 }, () => 200));
  expect(ids.size).toBe(1);
  expect(answers.filter((answer) => dataOf(answer)['repeated'] === false)).toHaveLength(1);

  const other = await deliver('{"again": false}', { 'X-Delivery': 'one' });
  expect([other.status, errorOf(other).code]).toEqual([409, 'idempotency_conflict']);
});

test('Idempotency-Key tells deliveries apart where the trigger names no header', async () => {
  const send = (key: string) =>
    api.call('POST', open.path, { body: Buffer.from('{}'), headers: { ...json, 'Idempotency-Key': key } });
  const [first, second, other] = [await send('a'), await send('a'), await send('b')];
  expect(dataOf(second)['event_id']).toBe(dataOf(first)['event_id']);
  expect(dataOf(other)['event_id']).not.toBe(dataOf(first)['event_id']);
  const tooLong = await send('x'.repeat(256));
  expect([tooLong.status, errorOf(tooLong).details[0]?.['pointer']]).toEqual([400, '/idempotency-key']);
});

test('the signature is looked at before the body is', async () => {
  const answer = await deliver('{ broken', { 'x-hub-signature-256': 'sha256=00' });
  expect(errorOf(answer).code).toBe('signature_invalid');
});

test.each([
  ['malformed JSON', '{"a": 1,}', json, 400, 'malformed_json'],
  ['nothing', '', json, 400, 'malformed_json'],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), json, 400, 'malformed_json'],
  ['a NUL', '{"a": "\\u0000"}', json, 422, 'invalid_input'],
  ['XML', '<a/>', { 'content-type': 'application/xml' }, 415, 'unsupported_media_type'],
  ['a form without payload', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 422, 'invalid_input'],
] as const)('%s is refused with its reason', async (_, body, headers, status, code) => {
  const answer = await deliver(body, headers);
  expect([answer.status, errorOf(answer).code]).toEqual([status, code]);
});

test('a body of 10 MiB is taken, one byte more is not', async () => {
  const ofSize = (size: number) => `"${'x'.repeat(size - 2)}"`;
  expect((await deliver(ofSize(bodyLimits.webhook))).status).toBe(200);
  const over = await deliver(ofSize(bodyLimits.webhook + 1));
  expect([over.status, errorOf(over).code]).toEqual([413, 'too_large']);
  expect(errorOf(over).message).toContain(String(bodyLimits.webhook));
});

test('an admin sees the secret, which is audited; a viewer does not', async () => {
  const path = '/api/v1/triggers/demo.push/webhook';
  const seen = dataOf(await api.call('GET', path, { token: api.viewer }));
  expect(seen).toMatchObject({ secret: null, hmac: { header: 'x-hub-signature-256' }, dedup_header: 'x-delivery' });
  expect(seen['url']).toMatch(/^https:\/\/attune\.example\/api\/v1\/webhooks\/wh_[0-9a-f]{32}$/);
  const unsigned = dataOf(await api.call('GET', '/api/v1/triggers/demo.open/webhook', { token: api.viewer }));
  expect(unsigned['url']).toBeNull();
  const audit = await api.call('GET', '/api/v1/audit-events?event_type=trigger.webhook_secret_read', {
    token: api.admin,
  });
  expect(rowsOf(audit)).toContainEqual(expect.objectContaining({ resource_ref: 'demo.push', category: 'secret' }));
  expect(rowsOf(audit).every((row) => row['actor_login'] === 'admin')).toBe(true);
});

test('an admin can have a body signed, and the delivery is accepted', async () => {
  const body = Buffer.from('{"signed": "for me"}');
  const path = '/api/v1/triggers/demo.push/webhook/sign';
  const request = { body: { content_base64: body.toString('base64') } };
  const { url, headers } = dataOf(await api.call('POST', path, { token: api.admin, ...request }));
  const answer = await api.call('POST', new URL(url as string).pathname, {
    body,
    headers: { ...json, ...(headers as Record<string, string>) },
  });
  expect(answer.status).toBe(200);
  expect((await api.call('POST', path, { token: api.viewer, ...request })).status).toBe(403);
});

test('after a rotation the old address and the old secret are refused', async () => {
  await using other = await testApi();
  await registerTestPack(other);
  const before = await webhookOf(other, 'demo.push');
  const rotated = await other.call('POST', '/api/v1/triggers/demo.push/webhook/rotate', { token: other.admin });
  const after = await webhookOf(other, 'demo.push');
  expect(dataOf(rotated)['secret']).toBe(after.secret);
  const send = (path: string, secret: string | null) =>
    other.call('POST', path, {
      body: Buffer.from('{}'),
      headers: { ...json, 'x-hub-signature-256': signature('{}', secret ?? '') },
    });
  expect((await send(before.path, before.secret)).status).toBe(401);
  expect((await send(after.path, before.secret)).status).toBe(401);
  expect((await send(after.path, after.secret)).status).toBe(200);
});

test('neither key nor secret is stored in clear', async () => {
  const { rows } = await api.db.one<{ rows: string }>(sql`select json_agg(t)::text as rows from trigger t`);
  expect(rows).not.toContain(push.secret);
  expect(rows).not.toContain(push.path.split('/').at(-1));
});
