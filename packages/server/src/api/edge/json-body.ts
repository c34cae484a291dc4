import { AttuneError, parseJson, type Json } from '@attune/core';
import { findJsonError } from './json-error.ts';
import { maxNesting } from './limits.ts';
import { nestsDeeperThan } from './nesting.ts';
import { findUnstorable } from './unstorable.ts';

/** Reads a JSON body without rounding a number.
 *  @throws AttuneError malformed_json with line and column, or invalid_input with the JSON pointers of what cannot be stored. */
export function readJsonBody(body: Uint8Array): Json {
  const text = readUtf8(body);
  if (nestsDeeperThan(text, maxNesting)) {
    throw new AttuneError('malformed_json', `The body nests lists and objects deeper than ${maxNesting} levels`);
  }
  let value: Json;
  try {
    value = parseJson(text);
  } catch (error) {
    const found = findJsonError(text);
    throw new AttuneError('malformed_json', `The body is not JSON: line ${found.line}, column ${found.column}`, {
      details: [found],
      cause: error,
    });
  }
  const details = findUnstorable(value);
  if (details.length > 0) throw new AttuneError('invalid_input', 'The body holds what cannot be stored', { details });
  return value;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function readUtf8(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (error) {
    throw new AttuneError('malformed_json', 'The body is not UTF-8', { cause: error });
  }
}
