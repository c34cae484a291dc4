import { find } from '../access.ts';
import { equal, named } from '../comparison.ts';
import type { Evaluation } from '../evaluation.ts';
import type { Integer } from '../number.ts';
import { isIn } from '../operator.ts';
import { characterCount, characterSlice, compareText, findText, occurrences, reverseText } from '../text.ts';
import type { Value, ValueMap } from '../value.ts';
import { define } from './built-in.ts';

/** Functions of lists and strings alike, and of objects. */
export const collections = {
  length: define(['value: string|array|object'], 'number', (evaluation, value) => {
    if (typeof value === 'string') {
      evaluation.read(value.length);
      return characterCount(value);
    }
    return Array.isArray(value) ? value.length : Object.keys(value).length;
  }),
  contains: define(['value: any', 'part: any'], 'bool', (evaluation, value, part) => isIn(part, value, evaluation)),
  index_of: define(['value: string|array', 'part: any'], 'number', (evaluation, value, part) => {
    if (typeof value === 'string') {
      const found = findText(value, textPart('index_of', value, part, evaluation));
      return found === -1 ? -1 : characterCount(value.slice(0, found));
    }
    return value.findIndex((element) => isSame(element, part, evaluation));
  }),
  count: define(['value: string|array', 'part: any'], 'number', (evaluation, value, part) => {
    if (typeof value !== 'string') return value.filter((element) => isSame(element, part, evaluation)).length;
    const places = occurrences(value, textPart('count', value, part, evaluation));
    evaluation.step(places.length);
    return places.length;
  }),
  slice: define(
    ['value: string|array', 'start: integer', 'end?: integer'],
    'string|array',
    (evaluation, value, start, end) => slice(value, start, end, evaluation),
  ),
  reversed: define(['value: string|array'], 'string|array', (evaluation, value) => {
    spend(value, evaluation);
    return typeof value === 'string' ? reverseText(value) : value.toReversed();
  }),
  get: define(
    ['value: any', 'key: string|integer|array', 'default?: any'],
    'any',
    (evaluation, value, key, fallback) => {
      let found: Value | undefined = value;
      for (const step of Array.isArray(key) ? key : [key]) {
        evaluation.step();
        found = found === undefined ? undefined : find(found, step, false, evaluation);
      }
      return found === undefined ? (fallback ?? null) : found;
    },
  ),
  keys: define(['object: object'], 'array', (evaluation, object) => sortedKeys(object, evaluation)),
  values: define(['object: object'], 'array', (evaluation, object) =>
    sortedKeys(object, evaluation).map((key) => object[key] ?? null),
  ),
  merge: define(['a: object', 'b: object'], 'object', (evaluation, a, b) => {
    const size = Object.keys(a).length + Object.keys(b).length;
    evaluation.step(size);
    evaluation.build(size);
    return { ...a, ...b };
  }),
};

/** Keys by code points: PostgreSQL's jsonb does not keep the order they were written in. */
function sortedKeys(object: ValueMap, evaluation: Evaluation): string[] {
  const keys = Object.keys(object).sort(compareText);
  evaluation.step(keys.length);
  evaluation.build(keys.length);
  return keys;
}

function slice(value: string | Value[], start: Integer, end: Integer | undefined, evaluation: Evaluation): Value {
  for (const [name, index] of [
    ['start', start],
    ['end', end ?? 0],
  ] as const) {
    if (index < 0)
      evaluation.fail(
        'out_of_bounds',
        `slice takes 0 or more for "${name}", not ${index.toString()}; length(x) - n counts from the end`,
      );
  }
  spend(value, evaluation);
  const length = typeof value === 'string' ? characterCount(value) : value.length;
  const to = Math.min(length, Number(end ?? length));
  const from = Math.min(to, Number(start));
  return typeof value === 'string' ? characterSlice(value, from, to) : value.slice(from, to);
}

/** Walking over a list or string to make another of at most its size. */
function spend(value: string | Value[], evaluation: Evaluation): void {
  if (typeof value === 'string') evaluation.read(value.length);
  else evaluation.step(value.length);
  evaluation.build(value.length);
}

function isSame(element: Value, part: Value, evaluation: Evaluation): boolean {
  evaluation.step();
  return equal(element, part, evaluation);
}

function textPart(name: string, whole: string, part: Value, evaluation: Evaluation): string {
  if (typeof part !== 'string') {
    return evaluation.fail(
      'type',
      `${name} looks for a string in a string, not for ${named(part)}; string(x) makes one`,
    );
  }
  evaluation.read(whole.length);
  return part;
}
