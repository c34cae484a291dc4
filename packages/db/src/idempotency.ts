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

/** Forgets keys whose day is over. */
export const prune = (tx: Tx): Promise<number> =>
  tx.run(sql`delete from idempotency where created <= attune.clock() - make_interval(hours => ${idempotencyHours})`);
