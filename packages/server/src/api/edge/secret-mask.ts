import { asFlatSchema, maskSecrets as maskAt, secretPaths, type Json } from '@attune/core';

/** The values with those masked that a flat schema calls `secret`, or that were sealed when it did. */
export const maskSecrets = (schema: Json, values: Json): Json =>
  maskAt(values, secretPaths(asFlatSchema(schema)));
