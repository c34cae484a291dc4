import { canonicalJson } from '../hash.ts';
import { isJsonObject, type Json } from '../json.ts';
import { anything, choice, flag, integer, isText, list, text, word } from '../yaml/shape.ts';
import { keyword, type Keyword } from './keyword.ts';
import { isTemplate, type Visit } from './visit.ts';

export const typeNames = ['string', 'integer', 'number', 'boolean', 'array', 'object', 'null'] as const;
export type TypeName = (typeof typeNames)[number];

const isOfType: Record<TypeName, (value: Json) => boolean> = {
  string: (value) => typeof value === 'string',
  // Written 5.0 it is an integer too; a bigint always is.
  integer: (value) => typeof value === 'bigint' || Number.isInteger(value),
  number: (value) => typeof value === 'bigint' || typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: isJsonObject,
  null: (value) => value === null,
};

const withArticle: Record<TypeName, string> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'a boolean',
  array: 'an array',
  object: 'an object',
  null: 'null',
};

/** Completes "must be ..." from a definition: its choices where it lists them, else its type. */
export function expectedBy(schema: Json): string {
  if (!isJsonObject(schema)) return 'given';
  if (Array.isArray(schema['enum'])) return oneOfThese(schema['enum']);
  if ('const' in schema) return canonicalJson(schema['const'] ?? null);
  const types = [schema['type']].flat().filter((type): type is TypeName => typeNames.includes(type as TypeName));
  return types.length === 0 ? 'given' : types.map((type) => withArticle[type]).join(' or ');
}

export const generalKeywords: Record<string, Keyword> = {
  type: keyword(
    choice<TypeName | TypeName[]>(`a type (${typeNames.join(', ')}) or a list of them`, [
      [isText, word(...typeNames)],
      [Array.isArray, list(word(...typeNames), { atLeast: 1 })],
    ]),
    (rule, value, visit) => {
      if (typeof rule === 'string' && isOfType[rule](value)) return;
      const types = [rule].flat();
      if (types.some((type) => isOfType[type](value))) return;
      visit.fail(`must be ${types.map((type) => withArticle[type]).join(' or ')}, not ${visit.shown(value)}`);
    },
  ),
  enum: keyword(list(anything(), { atLeast: 1 }), (rule, value, visit) => {
    if (visit.mode.templates && holdsTemplate(value)) return;
    if (!rule.some((option) => same(option, value)))
      visit.fail(`must be ${oneOfThese(rule)}, not ${visit.shown(value)}`);
  }),
  const: keyword(anything(), (rule, value, visit) => {
    if (visit.mode.templates && holdsTemplate(value)) return;
    if (!same(rule, value)) visit.fail(`must be ${canonicalJson(rule)}, not ${visit.shown(value)}`);
  }),
  title: keyword(text({ mayBeEmpty: true })),
  description: keyword(text({ mayBeEmpty: true })),
  default: keyword(anything()),
  examples: keyword(list(anything())),
  deprecated: keyword(flag()),
  $comment: keyword(text({ mayBeEmpty: true })),
  secret: keyword(flag()),
  position: keyword(integer()),
};

/** Equality of JSON values: 1 and 1.0 are the same, the order of an object's keys does not matter. */
export const same = (a: Json, b: Json): boolean => a === b || canonicalJson(a) === canonicalJson(b);

/** Whether a template stands anywhere in the value, so that what it will be cannot be compared yet. */
export function holdsTemplate(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return isTemplate(value);
  return Object.values(value).some(holdsTemplate);
}

const oneOfThese = (options: readonly Json[]): string => `one of ${options.map(canonicalJson).join(', ')}`;

/** Skips a check that could only guess while part of the value is a template. */
export const unlessTemplated =
  <R>(check: (rule: R, value: Json, visit: Visit) => void) =>
  (rule: R, value: Json, visit: Visit): void => {
    if (!visit.mode.templates || !holdsTemplate(value)) check(rule, value, visit);
  };
