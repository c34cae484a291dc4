import type { Json } from '../json.ts';

/** A value during an evaluation: JSON, in which a number without a fraction is an integer, and beside it the {@link Float}. */
export type Value = null | boolean | number | bigint | Float | string | Value[] | ValueMap;
export interface ValueMap {
  [key: string]: Value;
}

/** A float that happens to have no fraction, such as `2.0` or `0.5 + 1.5`. JSON knows no such thing: once it leaves the
 *  expression it is an integer like any other. Numbers with a fraction need no mark, they are floats for all to see. */
export interface Float {
  readonly [isFloatMark]: true;
  readonly double: number;
}

/** No JSON has a member named by a symbol. */
const isFloatMark = Symbol('float');

export const float = (double: number): Float => ({ [isFloatMark]: true, double });

export const isFloat = (value: Value): value is Float =>
  typeof value === 'object' && value !== null && isFloatMark in value;

/** What `type_of` answers. */
export type TypeName = 'null' | 'bool' | 'number' | 'string' | 'array' | 'object';

export function typeOf(value: Value): TypeName {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
    case 'bigint':
      return 'number';
    case 'boolean':
      return 'bool';
    default:
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'array';
      return isFloat(value) ? 'number' : 'object';
  }
}

export const isMap = (value: Value): value is ValueMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isFloat(value);

/** A member of an object, never one of its prototype. */
export const ownMember = (map: ValueMap, key: string): Value | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

/** Whether a value counts as true: all do but null, false, zero, and empty strings, lists and objects. */
export function truthy(value: Value): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return false;
      if (Array.isArray(value)) return value.length > 0;
      if (isFloat(value)) return value.double !== 0;
      return hasMembers(value);
    default:
      return Boolean(value);
  }
}

function hasMembers(map: ValueMap): boolean {
  for (const key in map) if (Object.hasOwn(map, key)) return true;
  return false;
}

/** A value as it leaves the expression: every {@link Float} becomes a plain number. */
export function toJson(value: Value): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (isFloat(value)) return jsonNumber(value.double);
  if (Array.isArray(value)) return value.map(toJson);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member)]));
}

/** A double without a fraction as JSON would read it back. JavaScript writes one below 1e21 by its shortest digits, filled up with
 *  zeros, which are those of another integer once it is beyond 2^53. */
const jsonNumber = (double: number): Json =>
  Number.isSafeInteger(double) || Math.abs(double) >= 1e21 ? double : BigInt(double);

/** Whether {@link toJson} would change anything. */
export function holdsFloat(value: Value): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (isFloat(value)) return true;
  return Array.isArray(value) ? value.some(holdsFloat) : Object.values(value).some(holdsFloat);
}
