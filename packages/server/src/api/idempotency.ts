import { createHmac } from 'node:crypto';
import { AttuneError, canonicalJson, type Id, type Json } from '@attune/core';
import { idempotency, type Database, type Tx } from '@attune/db';
import { z } from 'zod';
import type { SecretKey } from '../secret-key.ts';

export const IdempotencyKeySchema = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, 'expected 1 to 255 printable ASCII characters')
  .describe(
    `A name for this request: sent again within ${idempotency.idempotencyHours} hours it gets the first one's answer; with another body it is a conflict`,
  );

export const idempotencyHeaders = z.object({ 'idempotency-key': IdempotencyKeySchema.optional() });

export interface Once {
  scope: string;
  /** Undefined: the request has no name, and is carried out each time. */
  key: string | undefined;
  entity_type: 'event' | 'execution' | 'key';
  request_hash: string;
}

/** Creates an entity in a transaction of its own; once per key, where there is one.
 *  @throws AttuneError idempotency_conflict where the key came with another request. */
export function createOnce(
  db: Database,
  { key, ...request }: Once,
  create: (tx: Tx) => Promise<{ id: Id }>,
): Promise<{ id: Id; repeated: boolean }> {
  return db.transaction(async (tx) => {
    if (key === undefined) return { id: (await create(tx)).id, repeated: false };
    const answer = await idempotency.once(tx, { ...request, key }, () => create(tx));
    if (answer.kind === 'conflict') {
      throw new AttuneError('idempotency_conflict', `The key '${key}' was used for a request with another body`);
    }
    return { id: answer.id, repeated: answer.kind === 'repeated' };
  });
}

/** Names what a request says without telling it: a plain hash would let anyone who reads the row try out guesses of its secrets. */
export const requestHash = (body: Json, secrets: Pick<SecretKey, 'derive'>): string =>
  createHmac('sha256', secrets.derive('idempotency')).update(canonicalJson(body)).digest('hex');
