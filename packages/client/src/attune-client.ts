import { createClient, type Client, type ClientConfig } from './client.ts';
import * as calls from './generated/sdk.gen.ts';

type Calls = typeof calls;
type Input<Name extends keyof Calls> = Omit<Parameters<Calls[Name]>[0], 'client' | 'meta' | 'throwOnError'>;
type Data<Name extends keyof Calls> = Extract<Awaited<ReturnType<Calls[Name]>>, { error?: undefined }>['data'];

/** Every operation of the API as a method that resolves with the answer's body, and throws an AttuneError where the server tells
 *  one. */
export type AttuneClient = {
  [Name in keyof Calls]: object extends Input<Name>
    ? (input?: Input<Name>) => Promise<Data<Name>>
    : (input: Input<Name>) => Promise<Data<Name>>;
};

export interface AttuneClientConfig extends Omit<ClientConfig, 'baseUrl'> {
  /** Address of the server. */
  url: string;
}

/** A client of one server:
 *  `const { data } = await createAttuneClient({ url, token }).getPack({ path: { ref: 'core' } })`. */
export function createAttuneClient({ url, ...config }: AttuneClientConfig): AttuneClient {
  const client = createClient({ baseUrl: url, ...config });
  const methods = Object.entries(calls as unknown as Record<string, UntypedCall>).map(([name, call]) => [
    name,
    async (input: object = {}) => (await call({ ...input, client, throwOnError: true })).data,
  ]);
  return Object.fromEntries(methods) as AttuneClient;
}

type UntypedCall = (options: { client: Client; throwOnError: true }) => Promise<{ data?: unknown }>;
