import {
  AttuneError,
  checkConfig,
  childPointer,
  isJsonObject,
  isMask,
  openSecrets,
  ownValue,
  secretPaths,
  sealedIn,
  sealSecrets,
  unfitConfig,
  type FlatSchema,
  type Json,
  type JsonObject,
  type Problem,
} from '@attune/core';
import { packs, type Database, type Tx } from '@attune/db';
import { inTransaction } from './transaction.ts';

export interface ConfigChange {
  /** `replace`: these are all values; `merge`: these change, null takes one away, all others stay. */
  kind: 'replace' | 'merge';
  /** In clear. The mask that answers show in a secret's place stands for the value that is stored. */
  values: JsonObject;
}

/** Sets the configuration of a pack. Every value must fit the pack's `conf_schema`; what that calls secret is sealed.
 *  @returns false where there is no such pack
 *  @throws AttuneError invalid_input with the JSON pointer of each wrong value; nothing is stored then. */
export function configurePack(db: Database, ref: string, change: ConfigChange): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    await packs.lockRef(tx, ref);
    const pack = await packs.lock(tx, ref);
    if (pack === undefined) return false;
    await packs.setConfig(tx, pack.id, changedConfig(tx, pack, change));
    return true;
  });
}

function changedConfig(
  tx: Tx,
  { ref, conf_schema, config }: packs.PackRow,
  { kind, values }: ConfigChange,
): JsonObject {
  const problems: Problem[] = sealedIn(values).map((pointer) => ({
    message: 'An object with the key "$attune_sealed" cannot be a value: the server keeps secrets in this form',
    pointer,
  }));
  const given = unmasked(values, config, problems);
  if (problems.length === 0) problems.push(...checkConfig(conf_schema, openSecrets(withoutNulls(given), tx.vault)));
  if (problems.length > 0) {
    throw new AttuneError('invalid_input', `Invalid configuration for pack '${ref}'`, { details: problems });
  }
  const next = withoutNulls(kind === 'replace' ? given : { ...config, ...given });
  return sealSecrets(next, secretPaths(conf_schema), tx.vault);
}

const withoutNulls = (values: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

/** The values with what is stored in the places of masks. */
function unmasked(values: JsonObject, stored: JsonObject, problems: Problem[], pointer = ''): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, Json] => {
      const before = ownValue(stored, name);
      const place = childPointer(pointer, name);
      if (!isMask(value)) {
        return [
          name,
          isJsonObject(value) ? unmasked(value, isJsonObject(before) ? before : {}, problems, place) : value,
        ];
      }
      if (before === undefined) {
        const message =
          'This is the mask of a secret, and no secret is stored for it to stand for; give the secret itself';
        problems.push({ message, pointer: place });
      }
      return [name, before ?? null];
    }),
  );
}

/** The stored configuration as a new schema keeps it: what has become secret is sealed.
 *  @throws AttuneError conflict, naming each value that the schema does not accept, unless `force` is set: then it is forgotten. */
export function keptConfig(
  tx: Tx,
  { ref, config }: Pick<packs.PackRow, 'ref' | 'config'>,
  { schema, version, force }: { schema: FlatSchema; version: string; force: boolean },
): { config: JsonObject; forgotten: string[] } {
  const unfit = Object.keys(config).length === 0 ? [] : unfitConfig(schema, openSecrets(config, tx.vault));
  if (unfit.length > 0 && !force) {
    throw new AttuneError(
      'conflict',
      `Version ${version} of pack '${ref}' does not accept how it is configured; change that with: attune pack config, or use --force, which forgets these values`,
      { details: unfit.map((problem) => ({ ...problem, pointer: `/config${problem.pointer ?? ''}` })) },
    );
  }
  const forgotten = [...new Set(unfit.map(({ pointer = '' }) => pointer.split('/')[1] ?? ''))];
  const kept = Object.fromEntries(Object.entries(config).filter(([name]) => !forgotten.includes(name)));
  return { config: sealSecrets(kept, secretPaths(schema), tx.vault), forgotten };
}
