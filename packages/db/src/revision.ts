import { contentHash, type Json, type JsonObject } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';

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

export const find = (tx: Tx, hash: string): Promise<Revision | undefined> =>
  tx.maybe<Revision>(sql`select hash, kind, ref, definition from revision where hash = ${hash}`);
