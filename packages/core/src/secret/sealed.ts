import { isJsonObject, ownValue, parseJson, stringifyJson, type Json, type JsonObject } from '../json.ts';
import { secretNames, type FlatSchema } from '../schema/flat-schema.ts';

/** Makes unreadable what must not stand in a row in clear, and readable again. */
export interface Vault {
  seal(text: string): string;
  /** @throws AttuneError configuration where the envelope was made under another key. */
  open(envelope: string): string;
}

/** The one key of the object that stands in a row in a secret's place. */
const marker = '$attune_sealed';

export const isSealed = (value: Json): value is JsonObject =>
  isJsonObject(value) && Object.keys(value).length === 1 && typeof ownValue(value, marker) === 'string';

/** The parameters with those sealed that the schema calls `secret`: what a row may hold. What is sealed already stays so. */
export function sealSecrets(schema: FlatSchema | null | undefined, parameters: JsonObject, vault: Vault): JsonObject {
  const sealed = secretNames(schema).flatMap((name) => {
    const value = ownValue(parameters, name);
    if (value === undefined || value === null || isSealed(value)) return [];
    return [[name, { [marker]: vault.seal(stringifyJson(value)) }] as const];
  });
  return sealed.length === 0 ? parameters : { ...parameters, ...Object.fromEntries(sealed) };
}

/** The parameters with every sealed one in clear: for the memory of whoever needs them now, never for a row, a log or an answer. */
export function openSecrets(parameters: JsonObject, vault: Pick<Vault, 'open'>): JsonObject {
  if (!Object.values(parameters).some(isSealed)) return parameters;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      isSealed(value) ? parseJson(vault.open(value[marker] as string)) : value,
    ]),
  );
}
