import { AttuneError, type Id } from '@attune/core';
import { idempotency, type Database, type Tx } from '@attune/db';
import { z } from 'zod';
import { batchLimit } from './edge/limits.ts';
import { IdSchema } from './edge/schema.ts';
import { keyConflict, type Once } from './idempotency.ts';

/** What was made of a batch. */
export const CreatedSchema = z
  .object({ ids: z.array(IdSchema).describe('Of what was made, in the order of the entries') })
  .meta({ id: 'CreatedBatch' });

/** The entries of a batch, in a body of that name alone. */
export const batchOf = <T extends z.ZodType>(entry: T) => z.array(entry).min(1).max(batchLimit.entries);

/** Refuses a batch that has too many entries before each of them is looked at.
 *  @throws AttuneError too_many */
export function assertBatchSize(body: unknown, name: string): void {
  const entries = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  if (!Array.isArray(entries) || entries.length <= batchLimit.entries) return;
  const message = `A batch has at most ${batchLimit.entries} entries, this one ${entries.length}; send several`;
  throw new AttuneError('too_many', message, { details: [{ message, pointer: `/${name}` }] });
}

/** Creates all entries of a batch in one transaction, or none; once per key, where there is one.
 *  @throws AttuneError idempotency_conflict where the key came with another request; what the entries are refused for, with the pointer
 *  of each. */
export function createBatch(
  db: Database,
  name: string,
  { key, ...request }: Once,
  create: (tx: Tx) => Promise<(Id | AttuneError)[]>,
): Promise<{ ids: Id[]; repeated: boolean }> {
  return db.transaction(async (tx) => {
    if (key === undefined) return { ids: allOf(await create(tx), name), repeated: false };
    const claim = { ...request, request_hash: request.request_hash(), key };
    if ((await idempotency.claimMany(tx, [claim])).length === 0) {
      const [first] = await idempotency.findMany(tx, [claim]);
      if (first?.request_hash !== claim.request_hash) throw keyConflict(key);
      return { ids: first.entities ?? [first.entity], repeated: true };
    }
    const ids = allOf(await create(tx), name);
    tx.along(idempotency.settleMany(tx, [{ ...claim, entity: ids[0] ?? '0', entities: ids }]));
    return { ids, repeated: false };
  });
}

/** The ids, where no entry was refused.
 *  @throws AttuneError with what is wrong with each that was, by its pointer in the body. */
export function allOf(answers: readonly (Id | AttuneError)[], name: string): Id[] {
  const refused = answers.flatMap((answer, index) => (answer instanceof AttuneError ? [{ index, error: answer }] : []));
  const [first] = refused;
  if (first === undefined) return answers as Id[];
  const details = refused.flatMap(({ index, error }) =>
    error.details.map((problem) => ({ ...problem, pointer: `/${name}/${index}${problem.pointer ?? ''}` })),
  );
  const code = refused.every(({ error }) => error.code === first.error.code) ? first.error.code : 'invalid_input';
  const message = `Nothing was stored, for ${refused.length} of ${answers.length} entries cannot be: ${first.error.message}`;
  throw new AttuneError(code, message, { details });
}
