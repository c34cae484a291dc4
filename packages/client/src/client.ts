import { parseJson, stringifyJson, type Json } from '@attune/core';
import { toldError } from './told-error.ts';

// What the generated calls stand on. Bodies are written and read by the lossless codec, so that no integer is ever rounded.

/** The parts that a generated call may have. */
export interface TDataShape {
  body?: unknown;
  headers?: unknown;
  path?: unknown;
  query?: unknown;
  url: string;
}

/** What a caller of a generated call gives. */
export type Options<Data extends TDataShape = TDataShape, ThrowOnError extends boolean = boolean> = Omit<
  Data,
  'url' | 'headers'
> & {
  headers?: (Data extends { headers?: infer Headers } ? Headers : unknown) & Record<string, string | undefined>;
  /** Aborts the request. */
  signal?: AbortSignal;
  /** Throw an AttuneError where the server tells one, instead of returning it. @default false */
  throwOnError?: ThrowOnError;
};

/** An answer: `data` on success, else `error` as the server told it. */
export type Answer<Responses, Errors, ThrowOnError extends boolean = false> =
  | { data: Responses[keyof Responses]; error?: undefined; response: Response }
  | (ThrowOnError extends true ? never : { data?: undefined; error: Errors[keyof Errors]; response: Response });

interface RequestOptions extends TDataShape {
  /** Set where the route wants to know who asks: nobody else is told the token. */
  security?: unknown;
  signal?: AbortSignal;
  throwOnError?: boolean;
  client?: Client;
  meta?: Record<string, unknown>;
}

type Call = <Responses, Errors, ThrowOnError extends boolean = false>(
  options: RequestOptions,
) => Promise<Answer<Responses, Errors, ThrowOnError>>;

export interface Client {
  get: Call;
  post: Call;
  put: Call;
  patch: Call;
  delete: Call;
}

export interface ClientConfig {
  /** Address of the server. */
  baseUrl: string;
  /** Bearer token, or what gets one for each request; without it the client is nobody. */
  token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** @default the global fetch */
  fetch?: typeof globalThis.fetch;
}

/** A client of one server for the generated calls: `await getPack({ client, path: { ref: 'core' } })`. A server that cannot be
 *  reached makes a call throw what `fetch` throws; an answer that is no JSON is an error without `error.code`. */
export function createClient(config: ClientConfig): Client {
  const call =
    (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'): Call =>
    async <Responses, Errors, ThrowOnError extends boolean>(options: RequestOptions) => {
      const send = config.fetch ?? globalThis.fetch;
      const response = await send(await requestOf(method, config, options));
      const text = await response.text();
      if (response.ok) return { data: parseJson(text) as Responses[keyof Responses], response };
      const error = readError(text) as Errors[keyof Errors];
      if (options.throwOnError === true) throw toldError(error, response);
      return { error, response } as Answer<Responses, Errors, ThrowOnError>;
    };
  return { get: call('GET'), post: call('POST'), put: call('PUT'), patch: call('PATCH'), delete: call('DELETE') };
}

async function requestOf(method: string, config: ClientConfig, options: RequestOptions): Promise<Request> {
  const headers = new Headers();
  for (const [name, value] of entriesOf(options.headers)) headers.set(name, textOf(value));
  const token = options.security === undefined ? undefined : await tokenOf(config);
  if (token !== undefined && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
  const body = bodyOf(options.body);
  if (body === undefined) headers.delete('content-type');
  return new Request(addressOf(config.baseUrl, options), {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

const tokenOf = async ({ token }: ClientConfig): Promise<string | undefined> =>
  typeof token === 'function' ? token() : token;

/** Bytes and texts go as they are: a webhook's signature is over exactly these. */
const bodyOf = (body: unknown): string | Uint8Array<ArrayBuffer> | undefined =>
  body === undefined || typeof body === 'string'
    ? body
    : body instanceof Uint8Array
      ? new Uint8Array(body)
      : stringifyJson(body as Json);

function addressOf(baseUrl: string, { url, path, query }: RequestOptions): string {
  const parts = Object.fromEntries(entriesOf(path));
  const filled = url.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(textOf(parts[name])));
  const parameters = new URLSearchParams();
  for (const [name, value] of entriesOf(query)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) parameters.append(name, textOf(one));
  }
  const search = parameters.size === 0 ? '' : `?${parameters.toString()}`;
  return `${baseUrl.replace(/\/+$/, '')}${filled}${search}`;
}

/** The members that have a value. */
const entriesOf = (object: unknown): [string, unknown][] =>
  typeof object === 'object' && object !== null
    ? Object.entries(object).filter(([, value]) => value !== undefined)
    : [];

const textOf = (value: unknown): string => (typeof value === 'string' ? value : stringifyJson(value as Json));

function readError(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
