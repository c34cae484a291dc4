import type { Id } from '@attune/core';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { SecretKey } from '../../secret-key.ts';

/** Seconds that an access token is accepted. */
export const accessTokenSeconds = 15 * 60;

export interface AccessClaims {
  identity: Id;
  /** The family of refresh tokens it came with: ending that session ends this token too. */
  session: string;
}

export type AccessTokenCheck = ({ kind: 'valid' } & AccessClaims) | { kind: 'expired' } | { kind: 'invalid' };

export interface AccessTokens {
  sign(claims: AccessClaims): Promise<string>;
  check(token: string): Promise<AccessTokenCheck>;
}

const issuer = 'attune';
const audience = 'attune-api';
const algorithm = 'HS256';

/** Signs and checks access tokens under a key derived from the secret key, so that every API process accepts those of the others. */
export function accessTokens(secrets: SecretKey, now: () => Date): AccessTokens {
  const key = secrets.derive('access token');
  return {
    sign({ identity, session }) {
      const issued = Math.floor(now().getTime() / 1000);
      return new SignJWT({ sid: session })
        .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
        .setSubject(identity)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(issued)
        .setExpirationTime(issued + accessTokenSeconds)
        .sign(key);
    },
    async check(token) {
      try {
        const { payload } = await jwtVerify(token, key, {
          issuer,
          audience,
          algorithms: [algorithm],
          requiredClaims: ['exp', 'sub', 'sid'],
          currentDate: now(),
        });
        return { kind: 'valid', identity: payload.sub ?? '', session: String(payload['sid']) };
      } catch (error) {
        if (error instanceof errors.JWTExpired) return { kind: 'expired' };
        if (error instanceof errors.JOSEError) return { kind: 'invalid' };
        throw error;
      }
    },
  };
}
