import { AttuneError } from '@attune/core';
import { readConfigFile, withConfigLock, writeConfigFile, type Profile } from './config-file.ts';
import { timeLimit } from '../time-limit.ts';
import type { Credentials, Target } from './target.ts';

/** Longest that one request may take, in milliseconds. */
const requestTimeoutMs = 300_000;

export interface Renewal {
  /** Where the tokens are saved. */
  configPath: string;
  /** Gets a new pair of tokens for a refresh token; undefined where the server refuses it. */
  renew: (refreshToken: string) => Promise<Pick<Profile, 'auth_token' | 'refresh_token'> | undefined>;
}

export interface SessionOptions {
  /** How a login is renewed; without it a 401 stays one. */
  renewal?: Renewal;
  /** Aborts requests under way. */
  interrupted?: AbortSignal;
}

/** Speaks to one server as one identity: adds the token to each request; on a 401 renews the login once, saves the new tokens, and tries
 *  once more. A server that cannot be reached is a clear error.
 *  @throws AttuneError unavailable. */
export function sessionFetch(target: Target, { renewal, interrupted }: SessionOptions = {}): typeof fetch {
  let credentials = target.credentials;
  return async (input, init) => {
    const request = new Request(input, init);
    const again = request.clone();
    const answer = await send(target, request, tokenOf(credentials), interrupted);
    if (answer.status !== 401 || credentials.kind !== 'profile' || renewal === undefined) return answer;
    const renewed = await renewProfile(renewal, credentials);
    if (renewed === undefined) return answer;
    await answer.body?.cancel();
    credentials = renewed;
    return send(target, again, tokenOf(credentials), interrupted);
  };
}

const tokenOf = (credentials: Credentials): string | undefined =>
  credentials.kind === 'token'
    ? credentials.token
    : credentials.kind === 'profile'
      ? credentials.profile.auth_token
      : undefined;

async function send(
  target: Target,
  request: Request,
  token: string | undefined,
  interrupted: AbortSignal | undefined,
): Promise<Response> {
  if (token !== undefined && !request.headers.has('authorization'))
    request.headers.set('authorization', `Bearer ${token}`);
  try {
    const signals = [request.signal, timeLimit(requestTimeoutMs), ...(interrupted === undefined ? [] : [interrupted])];
    return await fetch(request, { signal: AbortSignal.any(signals), redirect: 'error' });
  } catch (error) {
    if (request.signal.aborted || interrupted?.aborted === true) throw error;
    throw unreachable(target, error);
  }
}

/** A refresh token may be used once: a second use looks like theft to the server, which then ends the login. So commands that run at
 *  once take turns, and who comes second uses what the first one saved. */
function renewProfile(
  { configPath, renew }: Renewal,
  old: Extract<Credentials, { kind: 'profile' }>,
): Promise<Extract<Credentials, { kind: 'profile' }> | undefined> {
  return withConfigLock(configPath, async () => {
    const config = await readConfigFile(configPath);
    const saved = config.profiles[old.name];
    if (saved?.auth_token === undefined) return undefined;
    if (saved.auth_token !== old.profile.auth_token) return { ...old, profile: saved };
    const pair = saved.refresh_token === undefined ? undefined : await renew(saved.refresh_token);
    if (pair === undefined) return undefined;
    const profile = { ...saved, ...pair };
    await writeConfigFile(configPath, { ...config, profiles: { ...config.profiles, [old.name]: profile } });
    return { ...old, profile };
  });
}

export function unreachable(target: Pick<Target, 'url' | 'origin'>, error: unknown): AttuneError {
  return new AttuneError(
    'unavailable',
    `Cannot reach Attune at ${target.url} (from ${target.origin}): ${reasonOf(error)}. ` +
      `If it does not run, start it with 'npm start'`,
    { cause: error },
  );
}

/** fetch says only "fetch failed"; why stands in its innermost cause. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.cause instanceof Error) return reasonOf(error.cause);
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return reasons[code ?? ''] ?? (error instanceof Error ? error.message : String(error));
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  ECONNRESET: 'it broke off the connection',
  ETIMEDOUT: 'it does not answer',
};
