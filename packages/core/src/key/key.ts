import { parseJson, stringifyJson, type Json } from '../json.ts';
import type { Vault } from '../secret/sealed.ts';
import { patternForm } from '../yaml/shape.ts';

/** Who a key may be made for. Older systems also had keys of sensors. */
export const keyOwnerTypes = ['system', 'pack', 'action', 'identity'] as const;
export type KeyOwnerType = (typeof keyOwnerTypes)[number];

/** What expressions call a key. Lower case, so that two keys never differ by it alone. */
export const keyNameForm = patternForm(
  'a name of a-z 0-9 _ - with dots between its parts, such as api_key or smtp.password, of at most 120 characters',
  /^(?=.{1,120}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/,
);

/** Most bytes that a key's value may have as JSON. */
export const largestKeyValue = 64 * 1024;

/** The ref of a key: `system.NAME`, `pack.PACK.NAME`, `action.PACK.ACTION.NAME`, `identity.ID.NAME`.
 *  @param owner the pack's or action's ref, or the identity's id; ignored for the system */
export const keyRef = (type: KeyOwnerType, owner: string, name: string): string =>
  type === 'system' ? `system.${name}` : `${type}.${owner}.${name}`;

/** A key's value as its row holds it. */
export interface StoredKeyValue {
  value: string;
  /** `text`: a string as it is, of an older system. */
  value_format: 'text' | 'json';
  encrypted: boolean;
  /** Names the key that an encrypted value was sealed under. */
  encryption_key_hash: string | null;
}

export function storedKeyValue(value: Json, encrypted: boolean, vault: Pick<Vault, 'seal'>): StoredKeyValue {
  const text = stringifyJson(value);
  if (!encrypted) return { value: text, value_format: 'json', encrypted, encryption_key_hash: null };
  const envelope = vault.seal(text);
  return { value: envelope, value_format: 'json', encrypted, encryption_key_hash: envelope.split('.')[1] ?? null };
}

/** The value in clear; undefined where an older system encrypted it, in a way that we cannot open.
 *  @throws AttuneError configuration where it was sealed under another key of ours. */
export function keyValue(stored: StoredKeyValue, vault: Pick<Vault, 'open'>): Json | undefined {
  const { value, value_format, encrypted } = stored;
  if (value_format === 'text') return encrypted ? undefined : value;
  return parseJson(encrypted ? vault.open(value) : value);
}
