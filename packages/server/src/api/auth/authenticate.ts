import { AttuneError } from '@attune/core';
import { identities, type Caller, type Database } from '@attune/db';
import type { AccessTokens } from './access-token.ts';
import { hashToken, integrationPrefix } from './opaque-token.ts';

/** Who sent a request, by the bearer token in its Authorization header. What the caller may do is read anew each time: a permission that
 *  was taken, or a session that was ended, counts from the next request on.
 *  @throws AttuneError token_expired, or unauthorized for every other reason. */
export async function authenticate(db: Database, tokens: AccessTokens, header: string | undefined): Promise<Caller> {
  const token = /^bearer +(\S+)$/i.exec(header ?? '')?.[1];
  if (token === undefined) {
    throw new AttuneError('unauthorized', "Log in first: send 'Authorization: Bearer <token>'");
  }
  const caller = token.startsWith(integrationPrefix)
    ? await identities.findByIntegrationToken(db, hashToken(token))
    : await byAccessToken(db, tokens, token);
  if (caller === undefined)
    throw new AttuneError('unauthorized', 'The token is not valid, or was revoked; log in again');
  return caller;
}

async function byAccessToken(db: Database, tokens: AccessTokens, token: string): Promise<Caller | undefined> {
  const checked = await tokens.check(token);
  switch (checked.kind) {
    case 'valid':
      return identities.findBySession(db, checked.identity, checked.session);
    case 'expired':
      throw new AttuneError('token_expired', 'The access token has expired; get a new one with the refresh token');
    case 'invalid':
      return undefined;
  }
}
