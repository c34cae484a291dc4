import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JsonObject } from '@attune/core';
import { runAction } from './run-action.ts';

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Listens on loopback, keeps what it receives and answers as the test says. */
async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let received: Received[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const receive: RequestListener = (request, response) => {
  void buffer(request).then((body) => {
    received.push({ method: request.method, url: request.url, headers: request.headers, body: body.toString() });
    answer(request, response);
  });
};

let server: Server;
let origin: string;
beforeEach(async () => {
  received = [];
  answer = (_, response) => response.end('ok');
  server = createServer(receive);
  origin = `http://${await listen(server)}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const ask = (parameters: JsonObject) => runAction('core/actions/http_request.mjs', parameters);

test('an answer is printed with status, headers, body and where it came from', async () => {
  answer = (_, response) => response.writeHead(201, { 'content-type': 'text/plain', 'x-test': 'yes' }).end('hällo');
  const { exit_code, data } = await ask({ url: `${origin}/a?b=1`, query_params: { c: ['x y', 2], d: true } });
  expect(exit_code).toBe(0);
  expect(data).toMatchObject({ status_code: 201, success: true, body: 'hällo', json: null });
  expect(data['url']).toBe(`${origin}/a?b=1&c=x+y&c=2&d=true`);
  expect(data['headers']).toMatchObject({ 'x-test': 'yes' });
  expect(data['elapsed_ms']).toBeTypeOf('number');
  expect(data['error']).toBeUndefined();
  expect(received[0]).toMatchObject({ method: 'GET', url: '/a?b=1&c=x+y&c=2&d=true' });
});

test('a status other than 2xx completes, without success', async () => {
  answer = (_, response) => response.writeHead(503).end('later');
  const { exit_code, data } = await ask({ url: origin });
  expect(exit_code).toBe(0);
  expect(data).toMatchObject({ status_code: 503, success: false, body: 'later' });
});

test('a JSON body is sent with its type and read from the answer, no integer rounded on the way', async () => {
  answer = (_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":9007199254740993}');
  const { data } = await ask({
    url: origin,
    method: 'POST',
    json_body: { id: 9007199254740993n, text: '9007199254740993' },
  });
  expect(received[0]).toMatchObject({ method: 'POST', body: '{"id":9007199254740993,"text":"9007199254740993"}' });
  expect(received[0]?.headers['content-type']).toBe('application/json');
  expect(data['json']).toEqual({ id: 9007199254740993n });
});

test('a text body and headers are sent as given', async () => {
  await ask({
    url: origin,
    method: 'PUT',
    body: 'a=1',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  expect(received[0]).toMatchObject({ method: 'PUT', body: 'a=1' });
  expect(received[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
});

test('what claims to be JSON and is not has a null for its value', async () => {
  answer = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":');
  expect((await ask({ url: origin })).data).toMatchObject({ json: null, body: '{"a":' });
});

test('what is not text comes in Base64', async () => {
  answer = (_, response) => response.end(Buffer.from([0, 255, 1]));
  expect((await ask({ url: origin })).data).toMatchObject({ body: null, body_base64: 'AP8B' });
});

test('basic and bearer authentication are sent, and secrets are not printed', async () => {
  const basic = await ask({ url: origin, auth_type: 'basic', auth_username: 'me', auth_password: 'hunter2' });
  const bearer = await ask({ url: origin, auth_type: 'bearer', auth_token: 'hunter2' });
  expect(received.map(({ headers }) => headers.authorization)).toEqual([
    `Basic ${Buffer.from('me:hunter2').toString('base64')}`,
    'Bearer hunter2',
  ]);
  server.closeAllConnections();
  server.close();
  const failed = await ask({ url: origin, auth_type: 'bearer', auth_token: 'hunter2' });
  expect(failed.exit_code).toBe(1);
  for (const { stdout, stderr } of [basic, bearer, failed]) expect(stdout + stderr).not.toContain('hunter2');
});

test('redirects are followed up to their limit', async () => {
  answer = (request, response) => {
    const left = Number(request.url?.slice(1));
    if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end();
    else response.end('there');
  };
  expect((await ask({ url: `${origin}/3`, max_redirects: 3 })).data).toMatchObject({
    body: 'there',
    url: `${origin}/0`,
  });
  const { exit_code, data } = await ask({ url: `${origin}/4`, max_redirects: 3 });
  expect(exit_code).toBe(1);
  expect(data).toMatchObject({ status_code: 0, success: false, error: 'There were more than 3 redirects' });
  expect((await ask({ url: `${origin}/4`, follow_redirects: false })).data).toMatchObject({
    status_code: 302,
    success: false,
  });
});

test('a redirected POST becomes a GET after 303 and stays one after 307', async () => {
  answer = (request, response) => {
    if (request.url === '/303' || request.url === '/307')
      response.writeHead(Number(request.url.slice(1)), { location: '/' }).end();
    else response.end();
  };
  await ask({ url: `${origin}/303`, method: 'POST', body: 'x' });
  await ask({ url: `${origin}/307`, method: 'POST', body: 'x' });
  expect(received.map(({ method, body }) => `${method} ${body}`)).toEqual(['POST x', 'GET ', 'POST x', 'POST x']);
});

test('what authenticates does not follow a redirect to another origin', async () => {
  const elsewhere = createServer((request, response) => response.end(request.headers.authorization ?? 'nothing'));
  const other = `http://${await listen(elsewhere)}`;
  answer = (_, response) => response.writeHead(302, { location: other }).end();
  expect((await ask({ url: origin, auth_type: 'bearer', auth_token: 'hunter2' })).data).toMatchObject({
    body: 'nothing',
  });
  elsewhere.close();
});

test('a body up to the limit is read, one byte more is refused, compressed or not', async () => {
  answer = (_, response) => response.end('x'.repeat(100));
  expect((await ask({ url: origin, max_response_bytes: 100 })).data).toMatchObject({ success: true });
  const { exit_code, data } = await ask({ url: origin, max_response_bytes: 99 });
  expect(exit_code).toBe(1);
  expect(data).toMatchObject({
    status_code: 200,
    success: false,
    error: 'The body of the answer is larger than 99 bytes',
  });

  answer = (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(10_000_000)));
  expect((await ask({ url: origin })).data).toMatchObject({
    error: 'The body of the answer is larger than 1048576 bytes',
  });
  expect((await ask({ url: origin, max_response_bytes: 10_000_000 })).data['body']).toHaveLength(10_000_000);
});

test('no answer, and an answer that does not end, fail at the time limit', async () => {
  answer = () => undefined;
  const silent = await ask({ url: origin, timeout: 1 });
  expect(silent.exit_code).toBe(1);
  expect(silent.data).toMatchObject({ status_code: 0, error: 'There was no complete answer within 1 seconds' });
  answer = (_, response) => response.write('begun');
  expect((await ask({ url: origin, timeout: 1 })).data).toMatchObject({
    error: 'There was no complete answer within 1 seconds',
  });
});

test('HEAD has no body to wait for', async () => {
  answer = (_, response) => response.writeHead(200, { 'content-length': '500', 'content-encoding': 'gzip' }).end();
  expect((await ask({ url: origin, method: 'HEAD' })).data).toMatchObject({ success: true, body: '' });
});

test('a certificate is checked unless told otherwise', async () => {
  const pem = (name: string) => readFileSync(new URL(`fixtures/loopback-${name}.pem`, import.meta.url));
  const secure = createSecureServer({ key: pem('key'), cert: pem('certificate') }, receive);
  const url = `https://${await listen(secure)}`;
  const refused = await ask({ url });
  expect(refused.exit_code).toBe(1);
  expect(refused.data['error']).toMatch(/SELF_SIGNED/);
  expect((await ask({ url, verify_ssl: false })).data).toMatchObject({ success: true, body: 'ok' });
  secure.close();
});

test.each<[string, JsonObject, string]>([
  ['another scheme', { url: 'file:///etc/passwd' }, 'Only http and https can be asked, not file:'],
  [
    'credentials in the url',
    { url: 'http://me:hunter2@localhost' },
    'The url must not hold credentials: use auth_username and auth_password',
  ],
  ['no url', { url: 'http://' }, 'The url cannot be read'],
  ['two bodies', { url: 'http://localhost', body: 'a', json_body: 1 }, 'Give either body or json_body, not both'],
  ['a bearer without token', { url: 'http://localhost', auth_type: 'bearer' }, 'auth_type bearer needs auth_token'],
])('%s is refused', async (_, parameters, error) => {
  const { exit_code, data } = await ask(parameters);
  expect(exit_code).toBe(1);
  expect(data).toMatchObject({ status_code: 0, success: false, error });
});
