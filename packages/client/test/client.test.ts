import { expect, test } from 'vitest';
import { createAttuneClient, createClient, listExecutions, receiveWebhook } from '../src/index.ts';

/** A client whose requests are kept and answered with one text. */
function recorded(text = '{"data": [], "next_cursor": null}', status = 200) {
  const requests: Request[] = [];
  const fetch = (input: string | URL | Request, init?: RequestInit) => {
    requests.push(new Request(input, init));
    return Promise.resolve(new Response(text, { status }));
  };
  return { requests, fetch };
}

test('path, query and token go where they belong', async () => {
  const { requests, fetch } = recorded();
  const attune = createAttuneClient({ url: 'https://x.example/', token: () => Promise.resolve('t'), fetch });
  await attune.listExecutions({ query: { status: ['running', 'scheduled'], top_level: true, limit: 5 } });
  await attune.getPack({ path: { ref: 'a/b?c' } });
  expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET https://x.example/api/v1/executions?status=running&status=scheduled&top_level=true&limit=5',
    'GET https://x.example/api/v1/packs/a%2Fb%3Fc',
  ]);
  expect(requests[0]?.headers.get('authorization')).toBe('Bearer t');
  expect(requests[0]?.headers.has('content-type')).toBe(false);
});

test('every method sends its body', async () => {
  const { requests, fetch } = recorded('{"data": {}}');
  const attune = createAttuneClient({ url: 'https://x.example', fetch });
  await attune.setKey({ path: { ref: 'system.k' }, body: { value: [1] } });
  await attune.changePackConfig({ path: { ref: 'p' }, body: { a: null } });
  await attune.deleteKey({ path: { ref: 'system.k' } });
  expect(
    await Promise.all(requests.map(async (one) => `${one.method} ${new URL(one.url).pathname} ${await one.text()}`)),
  ).toEqual([
    'PUT /api/v1/keys/system.k {"value":[1]}',
    'PATCH /api/v1/packs/p/config {"a":null}',
    'DELETE /api/v1/keys/system.k ',
  ]);
});

test('a route that needs no login is not told the token', async () => {
  const { requests, fetch } = recorded('{"data": {}}');
  await createAttuneClient({ url: 'https://x.example', token: 't', fetch }).getLiveness();
  expect(requests[0]?.headers.has('authorization')).toBe(false);
});

test('JSON keeps its digits both ways', async () => {
  const { requests, fetch } = recorded('{"data": {"id": "1", "payload": 12345678901234567890}}');
  const attune = createAttuneClient({ url: 'https://x.example', fetch });
  const { data } = await attune.createExecution({
    body: { action_ref: 'a.b', parameters: { n: 9007199254740993n } },
    headers: { 'idempotency-key': 'k' },
  });
  expect(await requests[0]?.text()).toBe('{"action_ref":"a.b","parameters":{"n":9007199254740993}}');
  expect(requests[0]?.headers.get('idempotency-key')).toBe('k');
  expect(requests[0]?.headers.get('content-type')).toBe('application/json');
  expect((data as unknown as { payload: unknown }).payload).toBe(12345678901234567890n);
});

test('bytes are sent as they are', async () => {
  const { requests, fetch } = recorded('{"data": {}}');
  const client = createClient({ baseUrl: 'https://x.example', fetch });
  const body = new TextEncoder().encode('{ "a":1 }\n');
  await receiveWebhook({ client, path: { key: 'wh_1' }, body, headers: { 'x-hub-signature-256': 'sha256=00' } });
  expect(await requests[0]?.text()).toBe('{ "a":1 }\n');
  expect(requests[0]?.headers.get('x-hub-signature-256')).toBe('sha256=00');
});

test('an error that the server tells is returned, or thrown where that is asked for', async () => {
  const told = '{"error": {"code": "not_found", "message": "There is none", "details": [], "request_id": "r"}}';
  const { fetch } = recorded(told, 404);
  const client = createClient({ baseUrl: 'https://x.example', fetch });
  const { data, error, response } = await listExecutions({ client });
  expect([data, error?.error.code, response.status]).toEqual([undefined, 'not_found', 404]);
  await expect(createAttuneClient({ url: 'https://x.example', fetch }).listPacks()).rejects.toMatchObject({
    code: 'not_found',
    message: 'There is none',
  });
});

test.each(['<html>Bad gateway</html>', '{"error": "x"}', '{"error": {"code": "unheard_of"}}', '', 'null'])(
  'what is not told as Attune tells it is an error all the same: %j',
  async (text) => {
    const { fetch } = recorded(text, 502);
    const call = createAttuneClient({ url: 'https://x.example', fetch }).listPacks();
    await expect(call).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('502') as string });
  },
);
