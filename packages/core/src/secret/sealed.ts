import { isJsonObject, ownValue, parseJson, stringifyJson, type Json, type JsonObject } from '../json.ts';
import { childPointer } from '../yaml/pointer.ts';
import { changeAll, type Path } from './paths.ts';

/** Makes unreadable what must not stand in a row in clear, and readable again. */
export interface Vault {
  seal(text: string): string;
  /** @throws AttuneError configuration where the envelope was made under another key. */
  open(envelope: string): string;
}

/** The one key of the object that stands in a row in a secret's place. Nobody but us may write it: what users send with this key in
 *  it is refused, and in what actions answer it is escaped. */
const marker = '$attune_sealed';

/** How an action's own key of that name is kept. */
const escapedMarker = '$$attune_sealed';

/** What is shown in a secret's place. */
export const secretMask: JsonObject = { $attune_secret: true, redacted: true };

export const isSealed = (value: Json): boolean =>
  isJsonObject(value) && Object.keys(value).length === 1 && typeof ownValue(value, marker) === 'string';

export const isMask = (value: Json): boolean => isJsonObject(value) && ownValue(value, '$attune_secret') === true;

export const seal = (value: Json, vault: Pick<Vault, 'seal'>): JsonObject => ({
  [marker]: vault.seal(stringifyJson(value)),
});

/** What a row holds of a secret that is sealed already. */
export const sealedAs = (envelope: string): JsonObject => ({ [marker]: envelope });

/** A value with what the paths lead to sealed: what a row may hold. What is sealed already stays so. */
export const sealSecrets = <T extends Json>(value: T, paths: readonly Path[], vault: Pick<Vault, 'seal'>): T =>
  changeAll(value, paths, (secret) => (isSealed(secret) ? secret : seal(secret, vault)));

/** A value with everything sealed in clear: for the memory of whoever needs it now, never for a row, a log or an answer.
 *  @throws AttuneError configuration where something was sealed under another key. */
export const openSecrets = <T extends Json>(value: T, vault: Pick<Vault, 'open'>): T =>
  (holdsMarker(value) ? replaceSealed(value, (sealed) => parseJson(vault.open(sealed[marker] as string))) : value) as T;

/** A value with everything sealed masked, and what the paths lead to: what may be shown. */
export const maskSecrets = <T extends Json>(value: T, paths: readonly Path[] = []): T =>
  changeAll((holdsMarker(value) ? replaceSealed(value, () => secretMask) : value) as T, paths, () => secretMask);

/** Whether anything in it carries the mark. Most values carry none, and every value that is read or written is asked: so nothing is made. */
function holdsMarker(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsMarker);
  for (const key of Object.keys(value)) {
    if (key === marker || holdsMarker(value[key] as Json)) return true;
  }
  return false;
}

/** The value itself where nothing in it is sealed. */
function replaceSealed(value: Json, replace: (sealed: JsonObject) => Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const replaced = value.map((element) => replaceSealed(element, replace));
    return replaced.some((element, index) => element !== value[index]) ? replaced : value;
  }
  if (isSealed(value)) return replace(value);
  const entries = Object.entries(value).map(([key, member]) => [key, replaceSealed(member, replace)] as const);
  return entries.some(([key, member]) => member !== value[key]) ? Object.fromEntries(entries) : value;
}

/** Where in a value stands what is sealed, or pretends to be: JSON pointers. */
export function sealedIn(value: Json, pointer = ''): string[] {
  if (typeof value !== 'object' || value === null || !holdsMarker(value)) return [];
  if (Array.isArray(value)) return value.flatMap((element, index) => sealedIn(element, childPointer(pointer, index)));
  if (Object.hasOwn(value, marker)) return [pointer];
  return Object.entries(value).flatMap(([key, member]) => sealedIn(member, childPointer(pointer, key)));
}

/** What an action answered, with no key in it that only we may write. */
export function escapeMarkers(value: Json): Json {
  if (typeof value !== 'object' || value === null || !holdsMarker(value)) return value;
  if (Array.isArray(value)) return value.map(escapeMarkers);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key === marker ? escapedMarker : key, escapeMarkers(member)]),
  );
}
