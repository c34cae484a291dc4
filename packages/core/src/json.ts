import { parse as parseLossless, stringify as stringifyLossless } from 'lossless-json';

/** A JSON value as Attune holds it in memory. A number that is integral but beyond 2^53 is a `bigint`, so that no integer
 *  is ever rounded; every other number is a `number`. Objects may have a null prototype: read own properties only. */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Sixteen digits in a row are the shortest text that may hold an integer beyond 2^53 (9007199254740993). */
const mayHoldLargeInteger = /\d{16}/;

/** Reads JSON without rounding integers: `JSON.parse` unless the text holds 16 digits in a row, lossless then.
 *  @throws SyntaxError when the text is not JSON. */
export function parseJson(text: string): Json {
  if (!mayHoldLargeInteger.test(text)) return JSON.parse(text) as Json;
  return parseLossless(text, undefined, { parseNumber, onDuplicateKey: ({ newValue }) => newValue }) as Json;
}

/** Writes JSON; a `bigint` becomes its exact digits. `undefined` members are left out, as by `JSON.stringify`. */
export function stringifyJson(value: Json, indent?: number): string {
  if (!holdsBigint(value)) return JSON.stringify(value, null, indent);
  return stringifyLossless(value, undefined, indent) ?? 'null';
}

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An own property of an object, never one of its prototype. */
export const ownValue = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

function parseNumber(digits: string): number | bigint {
  const value = Number(digits);
  return /^-?\d+$/.test(digits) && !Number.isSafeInteger(value) ? BigInt(digits) : value;
}

function holdsBigint(value: Json): boolean {
  if (typeof value === 'bigint') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsBigint);
  for (const key of Object.keys(value)) if (holdsBigint(value[key] as Json)) return true;
  return false;
}
