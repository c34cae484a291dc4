import { createHash, randomUUID } from 'node:crypto';
import { audit, identities, loginThrottle, tokens, type Database, type Tx } from '@attune/db';
import type { Id } from '@attune/core';
import { accessTokenSeconds, type AccessTokens } from './access-token.ts';
import { hashToken, makeToken, refreshPrefix } from './opaque-token.ts';
import type { Passwords } from './password.ts';

/** Seconds that a session lasts without being refreshed. */
export const refreshTokenSeconds = 7 * 24 * 3600;

/** Attempts within a window of 15 minutes. Most for a login from one address, so that nobody is locked out by others; the wider two bound
 *  guessing from many addresses, and of many logins. */
export const attemptLimits = { window_seconds: 15 * 60, pair: 10, address: 100, login: 200 } as const;

export interface Session {
  access_token: string;
  refresh_token: string;
  token_type: 'Bearer';
  /** Seconds until the access token expires. */
  expires_in: number;
}

export interface SessionDeps {
  db: Database;
  accessTokens: AccessTokens;
  passwords: Passwords;
}

export type LoginAnswer =
  | { kind: 'in'; session: Session; identity: identities.Identity }
  | { kind: 'refused' }
  | { kind: 'throttled'; retry_after_seconds: number };

export interface LoginAttempt {
  login: string;
  password: string;
  /** Where it came from: the address of the connection. */
  address: string;
  request_id: string;
}

/** Logs in with a password. An unknown login, a wrong password and an identity without one get the same answer after the same time. */
export async function login(deps: SessionDeps, attempt: LoginAttempt): Promise<LoginAnswer> {
  const waitSeconds = await countAttempt(deps.db, attempt);
  if (waitSeconds !== null) return { kind: 'throttled', retry_after_seconds: waitSeconds };
  const found = await identities.findByLogin(deps.db, attempt.login);
  const isRight = await deps.passwords.verify(found?.password_hash ?? null, attempt.password);
  const identity = isRight ? found : undefined;
  const session = await deps.db.transaction(async (tx) => {
    await audit.insert(tx, {
      category: 'auth',
      event_type: 'auth.login',
      outcome: identity === undefined ? 'failure' : 'success',
      actor_identity: identity?.id ?? null,
      actor_login: attempt.login,
      resource_type: null,
      resource_ref: null,
      request_id: attempt.request_id,
      details: { address: attempt.address },
    });
    if (identity === undefined) return undefined;
    await loginThrottle.forget(tx, subjectsOf(attempt).pair);
    return openSession(tx, deps.accessTokens, identity.id, randomUUID());
  });
  return session === undefined || identity === undefined ? { kind: 'refused' } : { kind: 'in', session, identity };
}

export type RefreshAnswer = { kind: 'in'; session: Session } | { kind: 'expired' } | { kind: 'refused' };

/** Trades a refresh token for a new pair. A token that comes a second time was stolen, or its thief came first: the whole session ends,
 *  for both. */
export function refresh(deps: SessionDeps, token: string, requestId: string): Promise<RefreshAnswer> {
  const hash = hashToken(token);
  return deps.db.transaction(async (tx): Promise<RefreshAnswer> => {
    const used = await tokens.useRefresh(tx, hash);
    if (used !== undefined) {
      return { kind: 'in', session: await openSession(tx, deps.accessTokens, used.identity, used.family) };
    }
    const state = await tokens.findRefresh(tx, hash);
    if (state === undefined) return { kind: 'refused' };
    if (state.used_at !== null) {
      await tokens.revokeFamily(tx, state.family);
      await audit.insert(tx, {
        category: 'auth',
        event_type: 'auth.refresh_reuse',
        outcome: 'denied',
        actor_identity: state.identity,
        actor_login: null,
        resource_type: null,
        resource_ref: null,
        request_id: requestId,
        details: null,
      });
      return { kind: 'refused' };
    }
    return { kind: state.revoked_at === null && state.is_expired ? 'expired' : 'refused' };
  });
}

/** Ends the session of a refresh token; an unknown one is no error, its session is over already. */
export async function logout({ db }: Pick<SessionDeps, 'db'>, token: string): Promise<void> {
  const state = await tokens.findRefresh(db, hashToken(token));
  if (state !== undefined) await tokens.revokeFamily(db, state.family);
}

async function openSession(tx: Tx, accessTokens: AccessTokens, identity: Id, family: string): Promise<Session> {
  const refreshToken = makeToken(refreshPrefix);
  await tokens.insertRefresh(tx, { token_hash: hashToken(refreshToken), family, identity }, refreshTokenSeconds);
  return {
    access_token: await accessTokens.sign({ identity, session: family }),
    refresh_token: refreshToken,
    token_type: 'Bearer',
    expires_in: accessTokenSeconds,
  };
}

/** Counts an attempt before its password is looked at. @returns seconds to wait, or null where it may go on. */
async function countAttempt(db: Database, attempt: LoginAttempt): Promise<number | null> {
  const subjects = subjectsOf(attempt);
  const states = await loginThrottle.count(db, Object.values(subjects), attemptLimits.window_seconds);
  const waits = (['pair', 'address', 'login'] as const).flatMap((kind) =>
    states.filter((state) => state.subject === subjects[kind] && state.attempts > attemptLimits[kind]),
  );
  return waits.length === 0 ? null : Math.max(1, ...waits.map((state) => state.seconds_left));
}

function subjectsOf({ login, address }: LoginAttempt) {
  const subject = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return {
    pair: subject('pair', login, address),
    address: subject('address', address),
    login: subject('login', login),
  };
}
