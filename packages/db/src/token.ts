import type { Id, Instant } from '@attune/core';
import { sql, type Tx } from './database.ts';

/** A refresh token is stored by the SHA-256 of its text. All that were made from one login by rotation are a family. */
export interface RefreshToken {
  token_hash: string;
  family: string;
  identity: Id;
}

/** Starts a family, or adds the next token to it. */
export const insertRefresh = (tx: Tx, token: RefreshToken, lifetimeSeconds: number): Promise<number> =>
  tx.run(sql`
    insert into refresh_token (token_hash, family, identity, expires_at)
    values (${token.token_hash}, ${token.family}, ${token.identity}, attune.clock() + make_interval(secs => ${lifetimeSeconds}))`);

/** Marks a refresh token as used, if it is unused and valid. Of two callers at once one gets the row. */
export const useRefresh = (tx: Tx, tokenHash: string): Promise<RefreshToken | undefined> =>
  tx.maybe<RefreshToken>(sql`
    update refresh_token set used_at = attune.clock()
    where token_hash = ${tokenHash} and used_at is null and revoked_at is null and expires_at > attune.clock()
    returning token_hash, family, identity`);

export interface RefreshTokenState extends RefreshToken {
  used_at: Instant | null;
  revoked_at: Instant | null;
  is_expired: boolean;
}

export const findRefresh = (tx: Tx, tokenHash: string): Promise<RefreshTokenState | undefined> =>
  tx.maybe<RefreshTokenState>(sql`
    select token_hash, family, identity, used_at, revoked_at, expires_at <= attune.clock() as is_expired
    from refresh_token where token_hash = ${tokenHash}`);

/** Ends a session: neither its refresh token nor its access tokens are accepted from now on. */
export const revokeFamily = (tx: Tx, family: string): Promise<number> =>
  tx.run(sql`update refresh_token set revoked_at = attune.clock() where family = ${family} and revoked_at is null`);

/** Forgets families whose last token has expired. A family goes as a whole: the used tokens of a living one must stay, since only
 *  they tell that a stolen token comes back. */
export const pruneRefresh = (tx: Tx): Promise<number> =>
  tx.run(sql`
    delete from refresh_token where family in (
      select family from refresh_token group by family having max(expires_at) < attune.clock() limit 10000)`);

/** A long-lived token of a program, stored by its SHA-256; the prefix is for people to recognise it. */
export const insertIntegration = (
  tx: Tx,
  token: { identity: Id; label: string; token_hash: string; token_prefix: string },
): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    insert into integration_token (identity, label, token_hash, token_prefix)
    values (${token.identity}, ${token.label}, ${token.token_hash}, ${token.token_prefix}) returning id`);

export const revokeIntegrationByLabel = (tx: Tx, identity: Id, label: string): Promise<number> =>
  tx.run(sql`
    update integration_token set revoked_at = attune.clock()
    where identity = ${identity} and label = ${label} and revoked_at is null`);
