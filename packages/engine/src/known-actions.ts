import type { Id } from '@attune/core';
import { actions, type ActionRow, type Database } from '@attune/db';
import { actionsOf } from './create.ts';
import { readingAlone } from './kept.ts';

/** Actions as they were under one version of what is registered. They may be others by now: a statement that relies on them checks the
 *  version. */
export interface KnownActions {
  db: Database;
  registry: Id;
  /** Refs that were not registered are missing. */
  byRef: ReadonlyMap<string, ActionRow>;
}

/** The version that this process met last. */
const lastMet = new WeakMap<Database, Id>();

/** The actions that are wanted, as this process knows them: what it knows is not read again until it was found out of date. */
export async function knownActions(db: Database, wanted: readonly { action_ref: string }[]): Promise<KnownActions> {
  const known = lastMet.get(db);
  return readingAlone(db, async (tx) => {
    // before the actions: those may be newer than their version, which the check then refuses, and never older
    const registry = known ?? (await actions.registryVersion(tx));
    const byRef = await actionsOf(tx, wanted, null, registry);
    if (known === undefined) lastMet.set(db, registry);
    return { db, registry, byRef };
  });
}

/** What is registered is another by now: whoever asks next looks again. */
export function outdated({ db, registry }: KnownActions): void {
  if (lastMet.get(db) === registry) lastMet.delete(db);
}
