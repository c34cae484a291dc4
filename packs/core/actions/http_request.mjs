// Makes the HTTP request that standard input describes as one JSON object, and prints the answer as another.
// Exit code 0 for any answer, 1 where there is none. What authenticates is sent, and never printed.
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

const started = performance.now();

/** Why a request failed, in words that hold no secret. */
class Failure extends Error {}

// JSON.parse rounds integers beyond 2^53. They travel as texts with a mark that no text from outside can have, for U+0000 is
// refused wherever values come in.
const mark = '\u0000integer:';
const longInteger = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d{16,}(?![\d.eE])/g;
const parseExactly = (text) =>
  JSON.parse(text.replace(longInteger, (token) => (token.startsWith('"') ? token : JSON.stringify(mark + token))));
const stringifyExactly = (value) => JSON.stringify(value)?.replace(/"\\u0000integer:(-?\d+)"/g, '$1');

async function readInput() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return parseExactly(Buffer.concat(chunks).toString('utf8'));
}

function targetOf({ url, query_params: query = {} }) {
  let target;
  try {
    target = new URL(url);
  } catch {
    throw new Failure('The url cannot be read');
  }
  if (target.username !== '' || target.password !== '') {
    throw new Failure('The url must not hold credentials: use auth_username and auth_password');
  }
  for (const [name, values] of Object.entries(query)) {
    for (const value of [values].flat()) target.searchParams.append(name, String(value).replace(mark, ''));
  }
  return target;
}

function bodyOf({ body, json_body: json }) {
  const hasJson = json !== undefined && json !== null;
  if (hasJson && body !== undefined && body !== null) throw new Failure('Give either body or json_body, not both');
  if (hasJson) return { content: Buffer.from(stringifyExactly(json)), type: 'application/json' };
  if (body === undefined || body === null) return { content: undefined, type: undefined };
  return { content: Buffer.from(body), type: 'text/plain; charset=utf-8' };
}

function authorizationOf({
  auth_type: type = 'none',
  auth_username: user = '',
  auth_password: password = '',
  auth_token: token,
}) {
  if (type === 'basic') return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  if (type !== 'bearer') return undefined;
  if (!token) throw new Failure('auth_type bearer needs auth_token');
  return `Bearer ${token}`;
}

/** The headers to send, by lower-case name: what the author gives wins over what follows from the other parameters. */
function headersOf(input, type) {
  const headers = { 'user-agent': 'attune', accept: '*/*', 'accept-encoding': 'gzip, deflate, br' };
  if (type !== undefined) headers['content-type'] = type;
  const authorization = authorizationOf(input);
  if (authorization !== undefined) headers.authorization = authorization;
  for (const [name, value] of Object.entries(input.headers ?? {})) headers[name.toLowerCase()] = value;
  return headers;
}

/** Sends one request and answers with the response, its body not read yet. */
function send(target, { method, headers, content, verify_ssl, signal }) {
  const secure = target.protocol === 'https:';
  if (!secure && target.protocol !== 'http:')
    throw new Failure(`Only http and https can be asked, not ${target.protocol}`);
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(target, {
      method,
      headers: content === undefined ? headers : { ...headers, 'content-length': content.length },
      signal,
      agent: false,
      ...(secure ? { rejectUnauthorized: verify_ssl } : {}),
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(content);
  });
}

/** What to ask next after a redirect. What authenticates does not travel to another origin. */
function redirected(target, location, status, request) {
  let next;
  try {
    next = new URL(location, target);
  } catch {
    throw new Failure(`A redirect leads to a location that cannot be read (status ${status})`);
  }
  const headers = { ...request.headers };
  if (next.origin !== target.origin) {
    for (const name of ['authorization', 'cookie', 'proxy-authorization', 'host']) delete headers[name];
  }
  const becomesGet =
    (status === 303 && request.method !== 'HEAD') || ((status === 301 || status === 302) && request.method === 'POST');
  if (!becomesGet) return [next, { ...request, headers }];
  for (const name of ['content-type', 'content-encoding', 'content-length']) delete headers[name];
  return [next, { ...request, headers, method: 'GET', content: undefined }];
}

const decoders = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };

/** The body, decompressed; stops as soon as it is larger than `most`. */
async function readBody(response, most) {
  const chunks = [];
  let size = 0;
  const collect = new Transform({
    transform(chunk, _, done) {
      size += chunk.length;
      if (size > most) return done(new Failure(`The body of the answer is larger than ${most} bytes`));
      chunks.push(chunk);
      done();
    },
  });
  const hasBody = response.req.method !== 'HEAD' && response.statusCode !== 204 && response.statusCode !== 304;
  const decoder = hasBody ? decoders[response.headers['content-encoding']?.toLowerCase()]?.() : undefined;
  await pipeline([response, ...(decoder === undefined ? [] : [decoder]), collect]);
  return Buffer.concat(chunks);
}

/** The body as text by its charset, UTF-8 where it names none; undefined where it is not text. U+0000 is not, for nothing that
 *  keeps results can hold it. */
function textOf(body, contentType) {
  const charset = /charset="?([\w-]+)/i.exec(contentType ?? '')?.[1] ?? 'utf-8';
  let text;
  try {
    text = new TextDecoder(charset, { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
  return text.includes('\0') ? undefined : text;
}

/** The body's own JSON text, so that no number changes on its way; 'null' where it is not JSON. */
function jsonOf(text, contentType) {
  if (text === undefined || !/[/+]json\b/i.test(contentType ?? '')) return 'null';
  try {
    JSON.parse(text);
    return text.trim();
  } catch {
    return 'null';
  }
}

/** Prints the answer. `json` is JSON text already. */
function print({ json = 'null', ...answer }) {
  const rest = JSON.stringify({ ...answer, elapsed_ms: Math.round(performance.now() - started) });
  process.stdout.write(`${rest.slice(0, -1)},"json":${json}}\n`);
}

function reasonOf(error, timedOut, timeout) {
  if (error instanceof Failure) return error.message;
  if (timedOut) return `There was no complete answer within ${timeout} seconds`;
  return error.code === undefined ? error.message : `${error.code}: ${error.message}`;
}

const input = await readInput();
const { timeout = 30, max_redirects: mostRedirects = 10, max_response_bytes: mostBytes = 1_048_576 } = input;
const deadline = new AbortController();
const timer = setTimeout(() => deadline.abort(), timeout * 1000);
let url = input.url;
let status = 0;
try {
  let target = targetOf(input);
  url = target.href;
  const { content, type } = bodyOf(input);
  let request = {
    method: input.method ?? 'GET',
    headers: headersOf(input, type),
    content,
    verify_ssl: input.verify_ssl ?? true,
    signal: deadline.signal,
  };
  let response = await send(target, request);
  for (let redirects = 0; input.follow_redirects ?? true; redirects += 1) {
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || location === undefined) break;
    if (redirects === mostRedirects) throw new Failure(`There were more than ${mostRedirects} redirects`);
    response.destroy();
    [target, request] = redirected(target, location, response.statusCode, request);
    url = target.href;
    response = await send(target, request);
  }
  status = response.statusCode;
  const body = await readBody(response, mostBytes);
  const text = textOf(body, response.headers['content-type']);
  print({
    status_code: status,
    success: status >= 200 && status < 300,
    url,
    headers: response.headers,
    body: text ?? null,
    ...(text === undefined ? { body_base64: body.toString('base64') } : {}),
    json: jsonOf(text, response.headers['content-type']),
  });
} catch (error) {
  const reason = reasonOf(error, deadline.signal.aborted, timeout);
  process.stderr.write(`${reason}\n`);
  print({ status_code: status, success: false, url, headers: {}, body: null, error: reason });
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
}
