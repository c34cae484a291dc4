import type { Evaluation } from './evaluation.ts';
import { sizeOf } from './size.ts';
import { isFloat, type Value } from './value.ts';

/** Strings are made of characters (Unicode code points), where JavaScript counts UTF-16 code units: beyond U+FFFF a character
 *  is a pair of surrogates. Most strings have none, and then the two are the same. */

const surrogate = /[\ud800-\udfff]/;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/** How many characters a string has. */
export function characterCount(text: string): number {
  if (!surrogate.test(text)) return text.length;
  let count = text.length;
  for (let offset = 1; offset < text.length; offset += 1) if (isWithinPair(text, offset)) count -= 1;
  return count;
}

/** The characters from `start` up to, not including, `end`; both within the string. */
export function characterSlice(text: string, start: number, end: number): string {
  return surrogate.test(text) ? Array.from(text).slice(start, end).join('') : text.slice(start, end);
}

export const reverseText = (text: string): string => Array.from(text).reverse().join('');

/** Where a part first occurs, in code units, or -1. A lone surrogate does not occur in a pair. */
export function findText(text: string, part: string, from = 0): number {
  let found = text.indexOf(part, from);
  while (found !== -1 && splitsPair(text, found, part)) found = text.indexOf(part, found + 1);
  return found;
}

function splitsPair(text: string, start: number, part: string): boolean {
  const end = start + part.length;
  return isWithinPair(text, start) || isWithinPair(text, end);
}

const isWithinPair = (text: string, offset: number): boolean =>
  offset > 0 && isLowSurrogate(text.charCodeAt(offset)) && isHighSurrogate(text.charCodeAt(offset - 1));

/** Where a part occurs, in code units, without overlap. The empty string occurs before every character and at the end. */
export function occurrences(text: string, part: string): number[] {
  const places: number[] = [];
  for (let at = findText(text, part); at !== -1; at = findText(text, part, at + Math.max(1, part.length))) {
    places.push(at);
    if (at >= text.length) break;
  }
  return places;
}

/** Below zero, zero or above, by code points. It differs from JavaScript's order where a surrogate (of a character beyond
 *  U+FFFF) meets one of the units U+E000 to U+FFFF, which come after it as units and before it as characters. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  if (!surrogate.test(left) && !surrogate.test(right)) return left < right ? -1 : 1;
  const shorter = Math.min(left.length, right.length);
  for (let index = 0; index < shorter; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    if (isSurrogate(a) !== isSurrogate(b)) return isSurrogate(a) ? 1 : -1;
    return a - b;
  }
  return left.length - right.length;
}

/** A value as text: strings as they are, all else as JSON without white space, keys sorted as RFC 8785 has it, integers by their
 *  exact digits, and `2.0` as `2`. */
export function textOf(value: Value, evaluation: Evaluation): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) {
    const size = sizeOf(value);
    if (size === Infinity) evaluation.descend(Infinity);
    evaluation.step(size);
    evaluation.build(size);
  }
  return jsonText(value);
}

function jsonText(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return isLargeInteger(value) ? BigInt(value).toString() : JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (isFloat(value)) return JSON.stringify(value.double);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${jsonText(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** An integer of the data that JSON spelt with a fraction or an exponent, such as 1e17: a double, beyond 2^53. */
const isLargeInteger = (value: number): boolean =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) <= 2 ** 63;
