import type { AttuneClient } from '@attune/client';
import { AttuneError, isJsonObject, ownValue, stringifyJson, type JsonObject } from '@attune/core';

/** Parameters were refused: where one that should be text was read as JSON, says so and how to write it.
 *  @returns the error to throw instead. */
export async function withTextHints(
  client: AttuneClient,
  ref: string,
  given: { single: readonly string[]; parameters: JsonObject },
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof AttuneError) || error.code !== 'invalid_input') return error;
  const schema = (await client.getAction({ path: { ref } })).data.param_schema;
  const hints = given.single.flatMap((text) => {
    const name = text.slice(0, text.indexOf('='));
    const value = ownValue(given.parameters, name);
    const declared = isJsonObject(schema) ? schema[name] : undefined;
    const isText = isJsonObject(declared) && declared['type'] === 'string';
    if (!isText || typeof value === 'string' || value === undefined) return [];
    const quoted = stringifyJson(stringifyJson(value));
    return [{ message: `--param ${text} was read as JSON; as text it is --param '${name}=${quoted}'` }];
  });
  return new AttuneError(error.code, error.message, { details: [...error.details, ...hints], cause: error });
}
