import { contentHash, type Json, type JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import { jsonText } from './json-text.ts';

export type RevisionKind = 'pack' | 'action' | 'workflow' | 'trigger' | 'rule' | 'rule_set';

export interface Revision {
  hash: string;
  kind: RevisionKind;
  ref: string;
  definition: JsonObject;
}

/** Keeps a definition under its content hash and returns the hash; the same definition twice is one revision. */
export async function keep(tx: Tx, kind: RevisionKind, ref: string, definition: JsonObject): Promise<string> {
  const hash = contentHash({ kind, ref, definition } satisfies Record<string, Json>);
  await tx.run(sql`
    insert into revision (hash, kind, ref, definition)
    values (${hash}, ${kind}, ${ref}, ${jsonb(definition)})
    on conflict (hash) do nothing`);
  return hash;
}

/** The same for several, in one statement; hashes in the order given. */
export async function keepMany(tx: Tx, given: readonly Omit<Revision, 'hash'>[]): Promise<string[]> {
  const hashes = given.map(({ kind, ref, definition }) => contentHash({ kind, ref, definition }));
  await tx.run(sql`
    insert into revision (hash, kind, ref, definition)
    select x.hash, x.kind, x.ref, x.definition
    from unnest(${hashes}::text[], ${given.map(({ kind }) => kind)}::text[], ${given.map(({ ref }) => ref)}::text[],
      ${given.map(({ definition }) => jsonText(definition))}::text[]::jsonb[]) as x(hash, kind, ref, definition)
    order by x.hash
    on conflict (hash) do nothing`);
  return hashes;
}

export const find = (tx: Tx, hash: string): Promise<Revision | undefined> =>
  tx.maybe<Revision>(sql`select hash, kind, ref, definition from revision where hash = ${hash}`);

/** Those of these hashes that are kept. */
export const findMany = (tx: Tx, hashes: readonly string[]): Promise<Revision[]> =>
  tx.many<Revision>(
    sql`select hash, kind, ref, definition from revision where hash = any(${[...new Set(hashes)]}::text[])`,
  );

export const findAll = (tx: Tx, hashes: readonly string[]): Promise<Revision[]> =>
  tx.many<Revision>(sql`select hash, kind, ref, definition from revision where hash = any(${hashes}::text[])`);
