import { isJsonObject, isSealed, ownValue, type Json } from '@attune/core';

/** What stands in an answer where a secret stands in the database. */
export const secretMask = { $attune_secret: true, redacted: true };

/** The values with those masked that a flat schema calls `secret`, or that were sealed when it did. */
export function maskSecrets(schema: Json, values: Json): Json {
  if (!isJsonObject(values)) return values;
  const isSecret = (key: string, value: Json) => {
    const field = isJsonObject(schema) ? ownValue(schema, key) : undefined;
    return isSealed(value) || (isJsonObject(field) && field['secret'] === true);
  };
  if (!Object.entries(values).some(([key, value]) => isSecret(key, value))) return values;
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, isSecret(key, value) ? secretMask : value]),
  );
}
