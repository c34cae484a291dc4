import type { Id, Instant } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import type { KeyRow } from '../key.ts';
import { page, whereGiven, type Page, type PageRequest } from './page.ts';

/** A key without its value. */
export interface KeySummary {
  id: Id;
  ref: string;
  owner_type: KeyRow['owner_type'];
  owner: Id | null;
  /** Ref of the pack, action or sensor, login of the identity; null for the system. */
  owner_ref: string | null;
  name: string;
  encrypted: boolean;
  created: Instant;
  updated: Instant;
}

export interface KeyFilters {
  owner_type?: KeyRow['owner_type'] | undefined;
  /** As {@link KeySummary.owner_ref}. */
  owner_ref?: string | undefined;
  name?: string | undefined;
  /** Only the keys of this identity. */
  identity?: Id | undefined;
}

const ownerRef = sql`coalesce(p.ref, k.owner_pack_ref, a.ref, k.owner_action_ref, i.login, k.owner_sensor_ref)`;

const summary = sql`
  select k.id, k.ref, k.owner_type, k.owner, ${ownerRef} as owner_ref, k.name, k.encrypted, k.created, k.updated
  from key k
  left join pack p on p.id = k.owner_pack
  left join action a on a.id = k.owner_action
  left join identity i on i.id = k.owner_identity`;

export const keyPage = (tx: Tx, filters: KeyFilters, request: PageRequest): Promise<Page<KeySummary>> =>
  page<KeySummary>(
    tx,
    summary,
    sql`k.id`,
    [
      whereGiven(filters.owner_type, (type) => sql`k.owner_type = ${type}::owner_type_enum`),
      whereGiven(filters.owner_ref, (ref) => sql`${ownerRef} = ${ref}`),
      whereGiven(filters.name, (name) => sql`k.name = ${name}`),
      whereGiven(filters.identity, (id) => sql`k.owner_identity = ${id}`),
    ],
    request,
  );

export const findKey = (tx: Tx, ref: string): Promise<KeySummary | undefined> =>
  tx.maybe<KeySummary>(sql`${summary} where k.ref = ${ref}`);

export const findKeyById = (tx: Tx, id: Id): Promise<KeySummary | undefined> =>
  tx.maybe<KeySummary>(sql`${summary} where k.id = ${id}`);
