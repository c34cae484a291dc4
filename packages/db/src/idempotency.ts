import type { Id } from '@attune/core';
import { sql, type Tx } from './database.ts';

/** Hours for which a repeated request gets the first one's answer. */
export const idempotencyHours = 24;

export interface IdempotentRequest {
  /** Whose keys these are: keys of different scopes never meet. */
  scope: string;
  /** What the sender calls this request. */
  key: string;
  /** Digest of the request's content: a key that comes with another content is a mistake of the sender. */
  request_hash: string;
  entity_type: 'event' | 'execution' | 'key';
}

export type IdempotentAnswer = { kind: 'created'; id: Id } | { kind: 'repeated'; id: Id } | { kind: 'conflict' };

/** Creates an entity once per key. The key is claimed in the transaction that creates: of two requests at once the second waits for
 *  the first's commit and then gets its entity, or takes its place where the first rolled back. */
export async function once(
  tx: Tx,
  request: IdempotentRequest,
  create: () => Promise<{ id: Id }>,
): Promise<IdempotentAnswer> {
  const claimed = await claim(tx, request);
  if (!claimed) {
    const first = await tx.one<{ request_hash: string; entity: Id }>(sql`
      select request_hash, entity from idempotency where scope = ${request.scope} and key = ${request.key}`);
    return first.request_hash === request.request_hash ? { kind: 'repeated', id: first.entity } : { kind: 'conflict' };
  }
  const { id } = await create();
  await tx.run(sql`update idempotency set entity = ${id} where scope = ${request.scope} and key = ${request.key}`);
  return { kind: 'created', id };
}

/** Whether the key is this transaction's: it was free, or its day is over. The entity 0 never leaves this transaction. */
const claim = async (tx: Tx, request: IdempotentRequest): Promise<boolean> =>
  (await tx.run(sql`
    insert into idempotency as i (scope, key, request_hash, entity_type, entity)
    values (${request.scope}, ${request.key}, ${request.request_hash}, ${request.entity_type}, 0)
    on conflict (scope, key) do update set
      request_hash = excluded.request_hash, entity_type = excluded.entity_type, entity = 0, created = attune.clock()
    where i.created <= attune.clock() - make_interval(hours => ${idempotencyHours})`)) > 0;

/** A key is told by its scope and its name. */
export type IdempotencyKey = Pick<IdempotentRequest, 'scope' | 'key'>;

/** Claims the keys of several requests at once, no two of which may have the same; in one order, so that two that claim some of the
 *  same wait for each other in turn and not forever.
 *  @returns those that are this transaction's: they were free, or their day is over. An event gets its id with its key; the entity of
 *  others is 0 until it is settled, which never leaves this transaction. */
export const claimMany = (
  tx: Tx,
  requests: readonly IdempotentRequest[],
): Promise<(IdempotencyKey & { entity: Id })[]> =>
  tx.many<IdempotencyKey & { entity: Id }>(sql`
    insert into idempotency as i (scope, key, request_hash, entity_type, entity)
    select x.scope, x.key, x.request_hash, x.entity_type,
      case when x.entity_type = 'event' then nextval('attune.event_id_seq') else 0 end
    from unnest(${requests.map((one) => one.scope)}::text[], ${requests.map((one) => one.key)}::text[],
      ${requests.map((one) => one.request_hash)}::text[], ${requests.map((one) => one.entity_type)}::text[])
      as x(scope, key, request_hash, entity_type)
    order by x.scope, x.key
    on conflict (scope, key) do update set
      request_hash = excluded.request_hash, entity_type = excluded.entity_type, entity = excluded.entity, entities = null,
      created = attune.clock()
    where i.created <= attune.clock() - make_interval(hours => ${idempotencyHours})
    returning scope, key, entity`);

/** What was made of keys that somebody else claimed. */
export interface Claimed extends IdempotencyKey {
  request_hash: string;
  entity: Id;
  /** All of a batch; null where it was no batch. */
  entities: Id[] | null;
}

export const findMany = (tx: Tx, keys: readonly IdempotencyKey[]): Promise<Claimed[]> =>
  tx.many<Claimed>(sql`
    select i.scope, i.key, i.request_hash, i.entity, i.entities::text[] as entities
    from unnest(${keys.map((one) => one.scope)}::text[], ${keys.map((one) => one.key)}::text[]) as x(scope, key)
    join idempotency i on i.scope = x.scope and i.key = x.key`);

/** Says what came of claimed keys; `entities` where the request was a batch. */
export const settleMany = (
  tx: Tx,
  settled: readonly (IdempotencyKey & { entity: Id; entities?: readonly Id[] })[],
): Promise<number> =>
  tx.run(sql`
    update idempotency i set entity = x.entity, entities = x.entities::bigint[]
    from unnest(${settled.map((one) => one.scope)}::text[], ${settled.map((one) => one.key)}::text[],
      ${settled.map((one) => one.entity)}::bigint[],
      ${settled.map((one) => (one.entities === undefined ? null : `{${one.entities.join(',')}}`))}::text[])
      as x(scope, key, entity, entities)
    where i.scope = x.scope and i.key = x.key`);

/** Frees keys whose request was refused: another one may have them. */
export const releaseMany = (tx: Tx, keys: readonly IdempotencyKey[]): Promise<number> =>
  tx.run(sql`
    delete from idempotency i
    using unnest(${keys.map((one) => one.scope)}::text[], ${keys.map((one) => one.key)}::text[]) as x(scope, key)
    where i.scope = x.scope and i.key = x.key`);

/** Forgets keys whose day is over. */
export const prune = (tx: Tx): Promise<number> =>
  tx.run(sql`delete from idempotency where created <= attune.clock() - make_interval(hours => ${idempotencyHours})`);
