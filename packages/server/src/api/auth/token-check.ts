import { AttuneError } from '@attune/core';
import type { Database } from '@attune/db';
import type { SecretKey } from '../../secret-key.ts';
import { accessTokens } from './access-token.ts';
import { authenticate } from './authenticate.ts';
import { permits, type Permission } from './permission.ts';

/** Whether a bearer token holds now and is good for a permission. For whoever is not an HTTP route: the notifier's sockets. */
export type TokenCheck = (token: string, permission: Permission) => Promise<boolean>;

export function tokenCheck(db: Database, secrets: SecretKey): TokenCheck {
  const tokens = accessTokens(secrets, () => new Date());
  return async (token, permission) => {
    try {
      return permits((await authenticate(db, tokens, `Bearer ${token}`)).grants, permission);
    } catch (error) {
      if (error instanceof AttuneError) return false; // unknown, expired or revoked: refused
      throw error;
    }
  };
}
