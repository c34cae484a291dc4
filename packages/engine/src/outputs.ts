import {
  contentHash,
  escapeMarkers,
  maskSecrets,
  sealSecrets,
  secretResultPaths,
  type FlatSchema,
  type JsonObject,
} from '@attune/core';
import { revisions, type Tx } from '@attune/db';

/** Most schemas kept. One is part of an immutable definition, so a kept one is never stale. */
const most = 1_000;

const outputs = new Map<string, FlatSchema | null>();

/** What a revision of an action says its results look like. */
export async function outputOf(tx: Tx, revision: string | null): Promise<FlatSchema | null> {
  if (revision === null) return null;
  const kept = outputs.get(revision);
  if (kept !== undefined) return kept;
  const found = (await revisions.find(tx, revision))?.definition['output'] ?? null;
  const [oldest] = outputs.keys();
  if (outputs.size >= most && oldest !== undefined) outputs.delete(oldest);
  outputs.set(revision, found as FlatSchema | null);
  return found as FlatSchema | null;
}

/** A result as its row may hold it: what the `output` of its action marks secret is sealed, and nothing in it pretends to be. */
export async function sealedResult(tx: Tx, revision: string | null, result: JsonObject): Promise<JsonObject> {
  const escaped = escapeMarkers(result) as JsonObject;
  return sealSecrets(escaped, secretResultPaths(await outputOf(tx, revision)), tx.vault);
}

/** The hash of a result as its row holds it, over what is no secret: a hash would let anyone who reads the row try out guesses. */
export const resultHash = (result: JsonObject): string => contentHash(maskSecrets(result));
