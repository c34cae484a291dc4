import { equal } from './comparison.ts';
import type { Evaluation } from './evaluation.ts';
import { compareNumbers, isNumeric } from './number.ts';
import { matchPattern } from './pattern.ts';
import { compareText } from './text.ts';
import { isMap, type Value } from './value.ts';
import { isIn } from './operator.ts';

/** A question about a field of an event, as the list form of a rule's conditions asks it. It has an answer for every field: what
 *  is missing counts as null, and what is of another type is not what was asked for. */
export type Predicate = (field: Value | undefined, value: Value, evaluation: Evaluation) => boolean;

const equals: Predicate = (field, value, evaluation) => equal(field ?? null, value, evaluation);

const contains: Predicate = (field = null, value, evaluation) => {
  if (!Array.isArray(field) && typeof value !== 'string') return false;
  return (Array.isArray(field) || typeof field === 'string' || isMap(field)) && isIn(value, field, evaluation);
};

const isOneOf: Predicate = (field = null, value, evaluation) => Array.isArray(value) && isIn(field, value, evaluation);

/** An order of two numbers or two strings; nothing else has one. */
const ordered =
  (accepts: (order: number) => boolean): Predicate =>
  (field = null, value) => {
    if (isNumeric(field) && isNumeric(value)) return accepts(compareNumbers(field, value));
    return typeof field === 'string' && typeof value === 'string' && accepts(compareText(field, value));
  };

const ofTexts =
  (test: (field: string, value: string, evaluation: Evaluation) => boolean): Predicate =>
  (field, value, evaluation) => {
    if (typeof field !== 'string' || typeof value !== 'string') return false;
    evaluation.read(field.length);
    return test(field, value, evaluation);
  };

const not =
  (predicate: Predicate): Predicate =>
  (field, value, evaluation) =>
    !predicate(field, value, evaluation);

export const predicates = {
  equals,
  not_equals: not(equals),
  contains,
  not_contains: not(contains),
  in: isOneOf,
  not_in: not(isOneOf),
  greater_than: ordered((order) => order > 0),
  greater_than_or_equals: ordered((order) => order >= 0),
  less_than: ordered((order) => order < 0),
  less_than_or_equals: ordered((order) => order <= 0),
  starts_with: ofTexts((field, value) => field.startsWith(value)),
  ends_with: ofTexts((field, value) => field.endsWith(value)),
  matches: ofTexts((field, value, evaluation) => matchPattern(value, field, evaluation)),
  exists: (field, value) => (field !== undefined) === value,
} as const satisfies Record<string, Predicate>;

export type PredicateName = keyof typeof predicates;

export const predicateNames = Object.keys(predicates) as PredicateName[];

export const isPredicateName = (name: string): name is PredicateName => Object.hasOwn(predicates, name);
