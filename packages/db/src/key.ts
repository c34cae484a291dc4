import type { Id, StoredKeyValue } from '@attune/core';
import { sql, type Tx } from './database.ts';

export interface KeyRow extends StoredKeyValue {
  id: Id;
  ref: string;
  owner_type: KeyOwner['type'] | 'sensor';
  /** Id of the pack, action, identity or sensor; null for the system. */
  owner: Id | null;
  name: string;
}

/** Whose a key is. */
export type KeyOwner =
  { type: 'system' } | { type: 'pack' | 'action'; id: Id; ref: string } | { type: 'identity'; id: Id };

const columns = sql.raw('id, ref, owner_type, owner, name, encrypted, encryption_key_hash, value, value_format');

export const find = (tx: Tx, ref: string): Promise<KeyRow | undefined> =>
  tx.maybe<KeyRow>(sql`select ${columns} from key where ref = ${ref}`);

/** Makes a key. No row is returned where its owner has one of that name, in an older system under whatever ref. */
export const insert = (
  tx: Tx,
  key: StoredKeyValue & { ref: string; name: string },
  owner: KeyOwner,
): Promise<{ id: Id } | undefined> => {
  const id = owner.type === 'system' ? null : owner.id;
  const refOf = (type: 'pack' | 'action') => (owner.type === type ? owner.ref : null);
  const idOf = (type: KeyOwner['type']) => (owner.type === type ? id : null);
  return tx.maybe<{ id: Id }>(sql`
    insert into key (ref, owner_type, owner, owner_identity, owner_pack, owner_pack_ref, owner_action, owner_action_ref,
      name, encrypted, encryption_key_hash, value, value_format)
    select ${key.ref}, ${owner.type}::owner_type_enum, ${id}::text, ${idOf('identity')}::bigint, ${idOf('pack')}::bigint,
      ${refOf('pack')}, ${idOf('action')}::bigint, ${refOf('action')}, ${key.name}, ${key.encrypted}::boolean,
      ${key.encryption_key_hash}, ${key.value}, ${key.value_format}
    where not exists (
      select from key
      where owner_type = ${owner.type}::owner_type_enum and owner is not distinct from ${id}::text and name = ${key.name})
    on conflict do nothing
    returning id`);
};

export const setValue = (tx: Tx, ref: string, stored: StoredKeyValue): Promise<{ id: Id } | undefined> =>
  tx.maybe<{ id: Id }>(sql`
    update key set value = ${stored.value}, value_format = ${stored.value_format}, encrypted = ${stored.encrypted},
      encryption_key_hash = ${stored.encryption_key_hash}, updated = attune.clock()
    where ref = ${ref} returning id`);

export const remove = (tx: Tx, ref: string): Promise<number> => tx.run(sql`delete from key where ref = ${ref}`);

/** The keys that what runs for an action or a pack may read, one for each name: those of the action itself come first, then its
 *  pack's, then the system's.
 *  @param action null: nothing of an action's own
 *  @param names null: all */
export const visible = (
  tx: Tx,
  { action, pack, names }: { action: string | null; pack: string; names: readonly string[] | null },
): Promise<KeyRow[]> =>
  tx.many<KeyRow>(sql`
    select distinct on (k.name) ${sql.raw('k.id, k.ref, k.owner_type, k.owner, k.name, k.encrypted, k.encryption_key_hash, k.value, k.value_format')}
    from key k
    left join pack p on p.id = k.owner_pack
    left join action a on a.id = k.owner_action
    where (${names}::text[] is null or k.name = any(${names}::text[]))
      and ((k.owner_type = 'system') or (k.owner_type = 'pack' and p.ref = ${pack})
        or (k.owner_type = 'action' and a.ref = ${action}::text))
    order by k.name, case k.owner_type when 'action' then 1 when 'pack' then 2 else 3 end, k.updated desc`);
