import type { JsonObject } from '@attune/core';
import { revisions, type Tx } from '@attune/db';

/** Most definitions kept. One is immutable, so a kept one is never stale. */
const most = 1_000;

const kept = new Map<string, JsonObject>();

/** The definition of a revision, where it is kept in memory. */
export const keptDefinition = (hash: string): JsonObject | undefined => kept.get(hash);

/** The definitions of these revisions, by their hash. */
export async function definitionsOf(
  tx: Tx,
  rows: readonly { revision: string | null }[],
): Promise<Map<string, JsonObject>> {
  const wanted = [...new Set(rows.flatMap(({ revision }) => revision ?? []))];
  const missing = wanted.filter((hash) => !kept.has(hash));
  for (const { hash, definition } of missing.length === 0 ? [] : await revisions.findAll(tx, missing)) {
    const [oldest] = kept.keys();
    if (kept.size >= most && oldest !== undefined) kept.delete(oldest);
    kept.set(hash, definition);
  }
  return new Map(
    wanted.flatMap((hash) => {
      const found = kept.get(hash);
      return found === undefined ? [] : [[hash, found]];
    }),
  );
}

/** One of them. @throws Error where it is not among them */
export function definitionIn(definitions: ReadonlyMap<string, JsonObject>, revision: string): JsonObject {
  const found = definitions.get(revision);
  if (found === undefined) throw new Error(`Revision ${revision} is not kept`);
  return found;
}
