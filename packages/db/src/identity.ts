import type { Id, Json } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

export interface Identity {
  id: Id;
  login: string;
  display_name: string | null;
}

/** What an identity may do: the union of the grants of its permission sets. */
export interface Grant {
  /** A noun in the plural, or `*` for all. */
  resource: string;
  /** Verbs, or `*` for all. */
  actions: string[];
}

/** An identity with what it may do at this moment. */
export interface Caller extends Identity {
  permission_sets: string[];
  grants: Grant[];
}

const callerColumns = sql.raw(`i.id, i.login, i.display_name,
  coalesce((select jsonb_agg(s.ref order by s.ref)
    from permission_assignment a join permission_set s on s.id = a.permset where a.identity = i.id), '[]') as permission_sets,
  coalesce((select jsonb_agg(g.value)
    from permission_assignment a join permission_set s on s.id = a.permset
    cross join lateral jsonb_array_elements(s.grants) as g(value) where a.identity = i.id), '[]') as grants`);

/** The identity of an access token, unless its session was ended meanwhile. */
export const findBySession = (tx: Tx, id: Id, session: string): Promise<Caller | undefined> =>
  tx.maybe<Caller>(sql`
    select ${callerColumns} from identity i
    where i.id = ${id}
      and exists (select 1 from refresh_token t where t.family = ${session} and t.identity = i.id)
      and not exists (select 1 from refresh_token t where t.family = ${session} and t.revoked_at is not null)`);

/** The identity of an integration token that is neither expired nor revoked. */
export const findByIntegrationToken = (tx: Tx, tokenHash: string): Promise<Caller | undefined> =>
  tx.maybe<Caller>(sql`
    select ${callerColumns} from integration_token t join identity i on i.id = t.identity
    where t.token_hash = ${tokenHash} and t.revoked_at is null and (t.expires_at is null or t.expires_at > attune.clock())`);

/** For a login with a password. */
export const findByLogin = (
  tx: Tx,
  login: string,
): Promise<(Identity & { password_hash: string | null }) | undefined> =>
  tx.maybe<Identity & { password_hash: string | null }>(sql`
    select id, login, display_name, password_hash from identity where login = ${login}`);

/** The identity of an id, else of a login. */
export const idOf = (tx: Tx, id: Id | null, login: string): Promise<{ id: Id } | undefined> =>
  tx.maybe<{ id: Id }>(sql`
    select id from identity where id = ${id}::bigint or login = ${login} order by id = ${id}::bigint desc nulls last limit 1`);

/** Makes an identity; no row is returned where the login is taken. */
export const insert = (
  tx: Tx,
  identity: { login: string; display_name: string | null; password_hash: string | null },
): Promise<{ id: Id } | undefined> =>
  tx.maybe<{ id: Id }>(sql`
    insert into identity (login, display_name, password_hash)
    values (${identity.login}, ${identity.display_name}, ${identity.password_hash})
    on conflict (login) do nothing returning id`);

/** Keeps a permission set under its ref, with exactly these grants. */
export const keepPermissionSet = (
  tx: Tx,
  set: { ref: string; label: string; description: string; grants: readonly Grant[] },
): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    insert into permission_set (ref, label, description, grants)
    values (${set.ref}, ${set.label}, ${set.description}, ${jsonb(set.grants as unknown as Json)})
    on conflict (ref) do update set label = excluded.label, description = excluded.description,
      grants = excluded.grants, updated = attune.clock()
    returning id`);

/** Assigns a permission set to an identity; once is enough. */
export const assign = (tx: Tx, identity: Id, permissionSetRef: string): Promise<number> =>
  tx.run(sql`
    insert into permission_assignment (identity, permset)
    select ${identity}, id from permission_set where ref = ${permissionSetRef}
    on conflict (identity, permset) do nothing`);

/** Assigns a permission set to a login, unless some identity has it. */
export const assignWhereNobodyHas = (tx: Tx, login: string, permissionSetRef: string): Promise<number> =>
  tx.run(sql`
    insert into permission_assignment (identity, permset)
    select i.id, s.id from identity i, permission_set s
    where i.login = ${login} and s.ref = ${permissionSetRef}
      and not exists (select 1 from permission_assignment a where a.permset = s.id)
    on conflict (identity, permset) do nothing`);
