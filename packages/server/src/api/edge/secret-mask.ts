import { isJsonObject, ownValue, type Json } from '@attune/core';

/** What stands in an answer where a secret stands in the database. */
export const secretMask = { $attune_secret: true, redacted: true };

/** The values with those masked that a flat schema calls `secret`; without a schema, or values, nothing is. */
export function maskSecrets(schema: Json, values: Json): Json {
  if (!isJsonObject(schema) || !isJsonObject(values)) return values;
  const isSecret = (key: string) => {
    const field = ownValue(schema, key);
    return isJsonObject(field) && field['secret'] === true;
  };
  if (!Object.keys(values).some(isSecret)) return values;
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, isSecret(key) ? secretMask : value]));
}
