import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AttuneError, canonicalJson, type Id, type Json } from '@attune/core';
import { breakPoint, idempotency, type Database, type Tx } from '@attune/db';
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
  /** Digest of what is asked for; only taken where there is a key. */
  request_hash: () => string;
}

export interface Created {
  id: Id;
  /** Whether it was made by an earlier request of the same key. */
  repeated: boolean;
}

/** Creates an entity in a transaction of its own; once per key, where there is one.
 *  @throws AttuneError idempotency_conflict where the key came with another request. */
export function createOnce(
  db: Database,
  { key, ...request }: Once,
  create: (tx: Tx) => Promise<{ id: Id }>,
): Promise<Created> {
  return db.transaction(async (tx) => {
    if (key === undefined) return { id: (await create(tx)).id, repeated: false };
    const claim = { ...request, request_hash: request.request_hash(), key };
    const answer = await idempotency.once(tx, claim, () => create(tx));
    if (answer.kind === 'conflict') throw keyConflict(key);
    return { id: answer.id, repeated: answer.kind === 'repeated' };
  });
}

/** Creates the entities of several requests in one transaction; each once per key, where it has one. No two may have the same key.
 *  @param create makes those in these places, with the ids that were taken for them where some were; an error instead of an id refuses
 *  that one alone, and frees its key
 *  @returns in the order of the requests, what came of each */
export async function createEach(
  tx: Tx,
  requests: readonly Once[],
  create: (places: readonly number[], taken: readonly (Id | undefined)[]) => Promise<readonly (Id | AttuneError)[]>,
): Promise<(Created | AttuneError)[]> {
  const claims = requests.flatMap(({ key, ...request }, place) =>
    key === undefined ? [] : [{ ...request, key, request_hash: request.request_hash(), place }],
  );
  const claimed = claims.length === 0 ? [] : await idempotency.claimMany(tx, claims);
  breakPoint('request.claimed');
  const mine = new Map(claimed.map((claim) => [nameOf(claim), claim.entity]));
  const others = claims.filter((claim) => !mine.has(nameOf(claim)));
  const first = new Map(
    (others.length === 0 ? [] : await idempotency.findMany(tx, others)).map((one) => [nameOf(one), one]),
  );

  const answers: (Created | AttuneError)[] = [];
  for (const claim of others) {
    const found = first.get(nameOf(claim));
    answers[claim.place] =
      found?.request_hash === claim.request_hash ? { id: found.entity, repeated: true } : keyConflict(claim.key);
  }
  const places = [...requests.keys()].filter((place) => answers[place] === undefined);
  const own = claims.flatMap((claim) => {
    const entity = mine.get(nameOf(claim));
    return entity === undefined ? [] : [{ ...claim, taken: entity === '0' ? undefined : entity }];
  });
  const takenAt = new Map(own.map(({ place, taken }) => [place, taken]));
  const taken = places.map((place) => takenAt.get(place));
  const made = places.length === 0 ? [] : await create(places, taken);
  for (const [index, place] of places.entries()) {
    const answer = made[index];
    if (answer === undefined) throw new Error('Each request was to have an answer');
    answers[place] = answer instanceof AttuneError ? answer : { id: answer, repeated: false };
  }
  breakPoint('request.created');
  settle(tx, own, answers);
  return answers;
}

/** Says of each key what came of it, on the way to the commit. */
function settle(
  tx: Tx,
  claims: readonly (idempotency.IdempotencyKey & { place: number; taken: Id | undefined })[],
  answers: readonly (Created | AttuneError)[],
): void {
  const settled = claims.flatMap((claim) => {
    const answer = answers[claim.place];
    if (answer === undefined || answer instanceof AttuneError || answer.id === claim.taken) return [];
    return [{ ...claim, entity: answer.id }];
  });
  if (settled.length > 0) tx.along(idempotency.settleMany(tx, settled));
  const refused = claims.filter(({ place }) => answers[place] instanceof AttuneError);
  if (refused.length > 0) tx.along(idempotency.releaseMany(tx, refused));
}

/** Scopes hold no space. */
const nameOf = ({ scope, key }: idempotency.IdempotencyKey): string => `${scope} ${key}`;

/** What tells requests that must not be carried out side by side. */
export const nameOfOnce = ({ scope, key }: Once): string | undefined =>
  key === undefined ? undefined : nameOf({ scope, key });

export const keyConflict = (key: string): AttuneError =>
  new AttuneError('idempotency_conflict', `The key '${key}' was used for a request with another body`);

/** Bytes of a request's body as it was sent, by its own word; 0 where it gives none. */
export const bodyBytes = ({ headers }: { headers: IncomingHttpHeaders }): number =>
  Number(headers['content-length'] ?? 0);

/** Names what a request says without telling it: a plain hash would let anyone who reads the row try out guesses of its secrets. */
export const requestHash = (body: Json, secrets: Pick<SecretKey, 'derive'>): string =>
  createHmac('sha256', secrets.derive('idempotency')).update(canonicalJson(body)).digest('hex');
