import { asFlatSchema, maskSecrets as maskAt, secretPaths, type Json } from '@attune/core';

/** The values with those masked that a flat schema calls `secret`, or that were sealed when it did. */
export const maskSecrets = (schema: Json, values: Json): Json => maskAt(values, secretPaths(asFlatSchema(schema)));

/** An execution as it is answered: no secret in what it was given and what it came to. */
export const withoutSecrets = <E extends { param_schema: Json; config: Json; result: Json }>(execution: E): E => ({
  ...execution,
  config: maskSecrets(execution.param_schema, execution.config),
  result: maskAt(execution.result),
});
