import { stringifyJson } from '@attune/core';
import { sql } from '@attune/db';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bodyLimits, maxNesting } from '../../src/api/edge/limits.ts';
import { dataOf, errorOf, testApi, type TestApi } from './support.test-support.ts';
import { registerTestPack } from './test-pack.test-support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await registerTestPack(api);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const send = (text: string | Buffer, path = '/api/v1/events', type = 'application/json') =>
  api.call('POST', path, { token: api.admin, body: Buffer.from(text), headers: { 'content-type': type } });

test.each([
  ['{"trigger_ref": "demo.plain",\n  "payload": {"a" 1}}', 2, 19, "':'"],
  ['{"trigger_ref": "demo.plain",}', 1, 30, 'a key in double quotes'],
  ['{"a": [1, 2', 1, 12, "',' or ']'"],
  ['{"a": 01}', 1, 8, "',' or '}'"],
  ['{"a": "x\ny"}', 1, 9, 'a closing quote'],
  ['{"a": "\\x"}', 1, 8, 'a valid escape'],
  ['{"a": nul}', 1, 7, 'a value'],
  ["{'a': 1}", 1, 2, 'a key in double quotes'],
  ['{} {}', 1, 4, 'the end of the text'],
  [`{"n": 12345678901234567890 "b"}`, 1, 28, "',' or '}'"],
])('malformed JSON is refused with its place: %j', async (text, line, column, expected) => {
  const answer = await send(text);
  expect([answer.status, errorOf(answer).code]).toEqual([400, 'malformed_json']);
  expect(errorOf(answer).details).toEqual([
    { message: expect.stringContaining(`Expected ${expected}`) as string, line, column },
  ]);
});

test.each([
  [{ trigger_ref: 'demo.plain', payload: { 'a/b': ['ok', 'x\u0000'] } }, '/payload/a~1b/1'],
  [{ trigger_ref: 'demo.plain', payload: { 'k\u0000': 1 } }, '/payload/k\u0000'],
])('what jsonb cannot hold is refused with its JSON pointer', async (body, pointer) => {
  const answer = await api.call('POST', '/api/v1/events', { token: api.admin, body });
  expect([answer.status, errorOf(answer).code]).toEqual([422, 'invalid_input']);
  expect(errorOf(answer).details[0]?.['pointer']).toBe(pointer);
});

test.each([
  ['{"trigger_ref": "demo.plain", "payload": "\\ud800"}', '/payload'],
  ['{"trigger_ref": "demo.plain", "payload": [1e999]}', '/payload/0'],
])('half a surrogate pair and a number beyond a double too: %s', async (text, pointer) => {
  const answer = await send(text);
  expect(errorOf(answer).details[0]?.['pointer']).toBe(pointer);
});

test('nesting has a limit of its own, on both of its sides', async () => {
  const nested = (depth: number) =>
    `{"trigger_ref": "demo.plain", "payload": ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  expect((await send(nested(maxNesting))).status).toBe(201);
  const over = await send(nested(maxNesting + 1));
  expect([over.status, errorOf(over).code]).toEqual([400, 'malformed_json']);
  expect((await send(nested(200_000))).status).toBe(400);
});

test('a body of 1 MiB is taken, one byte more is not', async () => {
  const ofSize = (size: number) => {
    const empty = '{"trigger_ref":"demo.plain","payload":""}';
    return empty.replace('""', `"${'x'.repeat(size - empty.length)}"`);
  };
  expect((await send(ofSize(bodyLimits.json))).status).toBe(201);
  const over = await send(ofSize(bodyLimits.json + 1));
  expect([over.status, errorOf(over).code]).toEqual([413, 'too_large']);
});

test.each(['text/plain', 'application/xml', 'multipart/form-data', 'application/jsonx'])(
  'a body that is %s is refused',
  async (type) => {
    const answer = await send('{}', '/api/v1/events', type);
    expect([answer.status, errorOf(answer).code]).toEqual([415, 'unsupported_media_type']);
  },
);

test('everything wrong with a body is told at once, each with its pointer', async () => {
  const answer = await api.call('POST', '/api/v1/executions', {
    token: api.admin,
    body: { action_ref: 5, parameters: [], extra: true },
  });
  expect([answer.status, errorOf(answer).code]).toEqual([422, 'invalid_input']);
  expect(errorOf(answer).details.map((one) => one['pointer'])).toEqual(['/action_ref', '/parameters', '/extra']);
  const nothing = await api.call('POST', '/api/v1/executions', { token: api.admin });
  expect(nothing.status).toBe(422);
});

test.each([
  ['/api/v1/executions?limit=0', '/limit'],
  ['/api/v1/executions?limit=201', '/limit'],
  ['/api/v1/executions?limit=many', '/limit'],
  ['/api/v1/executions?staus=running', '/staus'],
  ['/api/v1/executions?status=done', '/status/0'],
  ['/api/v1/executions?parent=x', '/parent'],
  ['/api/v1/executions?parent=9223372036854775808', '/parent'],
  ['/api/v1/executions?action_ref=%00', '/action_ref'],
  ['/api/v1/executions?cursor=abc', '/cursor'],
  ['/api/v1/events?source_ref=%00', '/source_ref'],
  ['/api/v1/rules?enabled=maybe', '/enabled'],
  ['/api/v1/executions/abc', '/id'],
  ['/api/v1/executions/-1', '/id'],
  ['/api/v1/executions/1%00', '/id'],
  ['/api/v1/actions/a%00b', '/ref'],
  ['/api/v1/executions/1/logs?stream=both', '/stream'],
  ['/api/v1/executions/1/logs?offset=-1', '/offset'],
])('%s is refused, naming %s', async (path, pointer) => {
  const answer = await api.call('GET', path, { token: api.admin });
  expect([answer.status, errorOf(answer).code]).toEqual([400, 'bad_request']);
  expect(errorOf(answer).details[0]?.['pointer']).toBe(pointer);
});

test.each([
  '/api/v1/executions/9223372036854775807',
  '/api/v1/executions/0',
  '/api/v1/executions/404/tree',
  '/api/v1/executions/404/logs',
  '/api/v1/events/404',
  '/api/v1/enforcements/404',
  '/api/v1/packs/nope',
  '/api/v1/actions/no.pe',
  '/api/v1/workflows/no.pe',
  '/api/v1/triggers/no.pe',
  '/api/v1/triggers/no.pe/webhook',
  '/api/v1/rules/no.pe',
  '/api/v1/nothing',
])('%s is not found, and the error names it', async (path) => {
  const answer = await api.call('GET', path, { token: api.admin });
  expect([answer.status, errorOf(answer).code]).toEqual([404, 'not_found']);
  expect(answer.headers['x-request-id']).toBe(errorOf(answer).request_id);
});

test('a path that is not a URL is told so', async () => {
  const answer = await api.call('GET', '/api/v1/packs/%zz', { token: api.admin });
  expect([answer.status, errorOf(answer).code]).toEqual([400, 'bad_request']);
});

test('a cursor of one list is not one of another', async () => {
  for (let number = 0; number < 2; number += 1) {
    await api.call('POST', '/api/v1/events', {
      token: api.admin,
      body: { trigger_ref: 'demo.plain', payload: number },
    });
  }
  const { body } = await api.call('GET', '/api/v1/events?limit=1', { token: api.admin });
  const answer = await api.call('GET', `/api/v1/executions?cursor=${body['next_cursor'] as string}`, {
    token: api.admin,
  });
  expect(errorOf(answer).code).toBe('bad_request');
});

test('unknown refs are told with their pointer', async () => {
  const event = await api.call('POST', '/api/v1/events', { token: api.admin, body: { trigger_ref: 'no.such' } });
  expect([event.status, errorOf(event).code, errorOf(event).details[0]?.['pointer']]).toEqual([
    422,
    'unknown_ref',
    '/trigger_ref',
  ]);
  const execution = await api.call('POST', '/api/v1/executions', { token: api.admin, body: { action_ref: 'no.such' } });
  expect([execution.status, errorOf(execution).code, errorOf(execution).details[0]?.['pointer']]).toEqual([
    422,
    'unknown_ref',
    '/action_ref',
  ]);
});

test('integers of any length come back as they were sent', async () => {
  const payload = {
    small: 1,
    big: 9007199254740993n,
    huge: 123456789012345678901234567890n,
    negative: -9223372036854775808n,
  };
  const sent = await api.call('POST', '/api/v1/events', {
    token: api.admin,
    body: { trigger_ref: 'demo.plain', payload },
  });
  const shown = await api.call('GET', `/api/v1/events/${dataOf(sent)['id'] as string}`, { token: api.admin });
  expect(dataOf(shown)['payload']).toEqual(payload);
  expect(shown.text).toContain(stringifyJson(payload.huge));
});

test('a failure of the server tells nothing of its inside', async () => {
  await using other = await testApi();
  await other.db.run(sql`drop table audit_event`);
  const answer = await other.call('GET', '/api/v1/audit-events', { token: other.admin });
  expect([answer.status, errorOf(answer).code]).toEqual([500, 'internal']);
  expect(answer.text).not.toMatch(/relation|audit_event|select/i);
});
