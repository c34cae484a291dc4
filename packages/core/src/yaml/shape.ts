import type { Problem } from '../errors.ts';
import { isJsonObject, ownValue, type Json, type JsonObject } from '../json.ts';
import type { ProblemCode } from '../problem-code.ts';
import { problemAt, type YamlDocument } from './document.ts';
import { orNull, type JsonSchema, type SchemaOf } from './json-schema.ts';
import { suggestion } from './nearest.ts';
import { childPointer } from './pointer.ts';

/** Takes what a shape finds wrong. The pointer is one into the document as its author wrote it, aliases of keys included. */
export type Report = (pointer: string, message: string, code: ProblemCode, of?: 'value' | 'key') => void;

/** What a value of a YAML file may look like. `read` reports everything wrong below `pointer` and answers the value with aliases
 *  replaced by their main names and defaults filled, or undefined if it cannot be used at all. */
export interface Shape<T> {
  /** Completes the sentence "must be ...". */
  expected: string;
  /** The same as a JSON Schema, for editors. What `read` demands beyond it no editor can know. */
  schema: SchemaOf;
  read: (value: Json, pointer: string, report: Report) => T | undefined;
}

/** A key of a {@link record}. */
export interface Field<T, Presence extends 'required' | 'optional' | 'defaulted'> {
  shape: Shape<T>;
  presence: Presence;
  /** Other spellings that are accepted; the main name wins where several are given. */
  aliases: readonly string[];
  fallback?: T;
}

export interface Checked<T> {
  /** The usable part of the document: undefined if there is none. Only problems.length === 0 says that all of it is sound. */
  value: T | undefined;
  problems: Problem[];
}

/** Checks a whole document and reports all that is wrong with it, as YAML and as this shape. */
export function checkShape<T>(document: YamlDocument, shape: Shape<T>): Checked<T> {
  const problems = [...document.problems];
  if (document.readable === undefined) return { value: undefined, problems };
  const report: Report = (pointer, message, code, of) => {
    const problem = problemAt(document, pointer, message, code, of);
    const written = code === 'needs_quotes' ? document.written(pointer) : undefined;
    problems.push(written === undefined ? problem : { ...problem, message: `${message}: "${written}"` });
  };
  const value = shape.read(document.readable, '', report);
  return { value, problems };
}

/** A text, by default not empty. */
export function text(options: { form?: TextForm; maxLength?: number; mayBeEmpty?: boolean } = {}): Shape<string> {
  const { form, maxLength = Infinity, mayBeEmpty = false } = options;
  const expected = form?.expected ?? 'a text';
  return {
    expected,
    schema: () => ({
      type: 'string',
      ...(mayBeEmpty ? {} : { minLength: 1 }),
      ...(maxLength === Infinity ? {} : { maxLength }),
      ...(form?.pattern === undefined ? {} : { pattern: form.pattern }),
    }),
    read: (value, pointer, report) => {
      if (typeof value !== 'string') {
        const isBare = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
        const message = `${nameOf(pointer)} must be ${expected}, not ${describe(value)}`;
        if (isBare) report(pointer, `${message}; put quotes around it`, 'needs_quotes');
        else report(pointer, message, 'wrong_type');
        return undefined;
      }
      const refuse = (wish: string): void => report(pointer, `${nameOf(pointer)} must ${wish}`, 'wrong_value');
      if (value === '' && !mayBeEmpty) refuse('not be empty');
      else if (value.length > maxLength) refuse(`have at most ${maxLength} characters`);
      else if (form !== undefined && !form.test(value)) refuse(`be ${form.expected}, not ${describe(value)}`);
      else return value;
      return undefined;
    },
  };
}

export interface TextForm {
  /** Completes the sentence "must be ...". */
  expected: string;
  test: (text: string) => boolean;
  /** The test as a regular expression of ECMAScript, where it is one. */
  pattern?: string;
}

/** A form that a regular expression describes. */
export const patternForm = (expected: string, pattern: RegExp): TextForm & { pattern: string } => ({
  expected,
  test: (text) => pattern.test(text),
  pattern: pattern.source,
});

export const flag = (): Shape<boolean> => ({
  expected: 'true or false',
  schema: () => ({ type: 'boolean' }),
  read: (value, pointer, report) => {
    if (typeof value === 'boolean') return value;
    const meant = typeof value === 'string' && Object.hasOwn(otherBooleans, value.toLowerCase());
    const hint = meant ? `; write ${String(otherBooleans[value.toLowerCase()])}` : '';
    report(pointer, `${nameOf(pointer)} must be true or false, not ${describe(value)}${hint}`, 'wrong_type');
    return undefined;
  },
});

/** What older YAML took for booleans, and YAML 1.2 for texts. */
const otherBooleans: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  true: true,
  no: false,
  off: false,
  false: false,
};

/** An integer within a range, both ends included. */
export function integer(minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER): Shape<number> {
  const range =
    maximum === Number.MAX_SAFE_INTEGER
      ? minimum === Number.MIN_SAFE_INTEGER
        ? ''
        : ` of ${minimum} or more`
      : ` from ${minimum} to ${maximum}`;
  const expected = `an integer${range}`;
  return {
    expected,
    schema: () => ({
      type: 'integer',
      ...(minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
      ...(maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
    }),
    read: (value, pointer, report) => {
      const isInteger = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
      if (isInteger && value >= minimum && value <= maximum) return Number(value);
      const message = `${nameOf(pointer)} must be ${expected}, not ${describe(value)}`;
      report(pointer, message, isInteger ? 'wrong_value' : 'wrong_type');
      return undefined;
    },
  };
}

/** One of a few words. */
export function word<const W extends string>(...words: readonly W[]): Shape<W> {
  const expected = words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`;
  return {
    expected,
    schema: () => ({ enum: [...words] }),
    read: (value, pointer, report) => {
      if (words.includes(value as W)) return value as W;
      const meant = typeof value === 'string' ? suggestion(value, words) : '';
      const message = `${nameOf(pointer)} must be ${expected}, not ${describe(value)}.${meant}`.replace(/\.$/, '');
      report(pointer, message, typeof value === 'string' ? 'wrong_value' : 'wrong_type');
      return undefined;
    },
  };
}

/** Any JSON value. */
export const anything = (): Shape<Json> => ({ expected: 'any value', schema: () => ({}), read: (value) => value });

/** A map with any keys and values. */
export const anyMap = (): Shape<JsonObject> => ({
  expected: 'a map',
  schema: () => ({ type: 'object' }),
  read: (value, pointer, report) => {
    if (isJsonObject(value)) return value;
    report(pointer, `${nameOf(pointer)} must be a map, not ${describe(value)}`, 'wrong_type');
    return undefined;
  },
});

/** A list whose elements all have one shape. Unusable elements are left out of the answer. */
export function list<T>(element: Shape<T>, options: { atLeast?: number } = {}): Shape<T[]> {
  const { atLeast = 0 } = options;
  const expected = atLeast > 0 ? `a list of at least ${atLeast}` : 'a list';
  return {
    expected,
    schema: (defs) => ({
      type: 'array',
      items: element.schema(defs),
      ...(atLeast > 0 ? { minItems: atLeast } : {}),
    }),
    read: (value, pointer, report) => {
      if (!Array.isArray(value) || value.length < atLeast) {
        const [got, code]: [string, ProblemCode] = Array.isArray(value)
          ? [`one of ${value.length}`, 'wrong_value']
          : [describe(value), 'wrong_type'];
        report(pointer, `${nameOf(pointer)} must be ${expected}, not ${got}`, code);
        return undefined;
      }
      return value
        .map((entry, index) => element.read(entry, childPointer(pointer, index), report))
        .filter((entry) => entry !== undefined);
    },
  };
}

/** A map with free keys whose values all have one shape. Unusable entries are left out of the answer. */
export function map<T>(entry: Shape<T>, options: { key?: TextForm } = {}): Shape<Record<string, T>> {
  return {
    expected: 'a map',
    schema: (defs) => ({
      type: 'object',
      additionalProperties: entry.schema(defs),
      ...(options.key?.pattern === undefined ? {} : { propertyNames: { pattern: options.key.pattern } }),
    }),
    read: (value, pointer, report) => {
      if (!isJsonObject(value)) {
        report(pointer, `${nameOf(pointer)} must be a map, not ${describe(value)}`, 'wrong_type');
        return undefined;
      }
      const entries: [string, T][] = [];
      for (const [key, member] of Object.entries(value)) {
        const place = childPointer(pointer, key);
        if (options.key?.test(key) === false) {
          report(place, `"${key}" must be ${options.key.expected}`, 'wrong_value', 'key');
          continue;
        }
        const read = entry.read(member, place, report);
        if (read !== undefined) entries.push([key, read]);
      }
      return Object.fromEntries(entries);
    },
  };
}

export const required = <T>(shape: Shape<T>, ...aliases: string[]): Field<T, 'required'> => ({
  shape,
  presence: 'required',
  aliases,
});

/** A key that may be absent; null, as in a key with nothing behind it, counts as absent. */
export const optional = <T>(shape: Shape<T>, ...aliases: string[]): Field<T, 'optional'> => ({
  shape,
  presence: 'optional',
  aliases,
});

/** A key that has `fallback` for its value where it is absent or null. */
export const defaulted = <T>(shape: Shape<T>, fallback: NoInfer<T>, ...aliases: string[]): Field<T, 'defaulted'> => ({
  shape,
  presence: 'defaulted',
  aliases,
  fallback,
});

type Presence = 'required' | 'optional' | 'defaulted';
type Fields = Record<string, Field<unknown, Presence>>;
type ValueOf<F> = F extends Field<infer T, Presence> ? T : never;
type OptionalKey<F extends Fields> = { [K in keyof F]: F[K]['presence'] extends 'optional' ? K : never }[keyof F];

/** What {@link record} answers for a table of fields. */
export type RecordOf<F extends Fields> = { [K in Exclude<keyof F, OptionalKey<F>>]: ValueOf<F[K]> } & {
  [K in OptionalKey<F>]?: ValueOf<F[K]>;
};

/** The value type of a shape. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

export interface RecordOptions<F = unknown> {
  /** What each key means, in a sentence: editors show it. Every key of the record has one, or none has. */
  about?: { readonly [K in keyof F]: string };
  /** Keys that are accepted and left out: what an editor keeps for itself, or what only informs readers. */
  ignored?: readonly string[];
  /** Where keys belong that authors put here by mistake: completes "It belongs in ...". */
  elsewhere?: Readonly<Record<string, string>>;
  /** Keys that must be there although reading goes on without them, so that one of them does not hide what else is wrong. Whoever
   *  names them reports them. */
  needed?: readonly string[];
}

/** A map with known keys: every other key is an error that names the nearest known one. */
export function record<F extends Fields>(fields: F, options: RecordOptions<F> = {}): Shape<RecordOf<F>> {
  const { ignored = [], needed = [], elsewhere = {} } = options;
  const about: Readonly<Record<string, string>> = options.about ?? {};
  const table = Object.entries(fields);
  const mainNameOf = new Map(table.flatMap(([name, field]) => [name, ...field.aliases].map((key) => [key, name])));
  const isNeeded = (name: string): boolean => fields[name]?.presence === 'required' || needed.includes(name);
  return {
    expected: 'a map',
    schema: (defs) => {
      const properties = table.flatMap(([name, field]): [string, JsonSchema][] => {
        const schema = field.shape.schema(defs);
        const given = isNeeded(name) ? schema : orNull(schema);
        const text = about[name];
        const more = {
          ...(text === undefined ? {} : { description: text }),
          ...(isTelling(field.fallback) ? { default: field.fallback } : {}),
        };
        return [name, ...field.aliases].map((key) => [key, { ...given, ...more }]);
      });
      return {
        type: 'object',
        properties: Object.fromEntries([...properties, ...ignored.map((key) => [key, {}] as const)]),
        required: table.map(([name]) => name).filter(isNeeded),
        additionalProperties: false,
      };
    },
    read: (value, pointer, report) => {
      if (!isJsonObject(value)) {
        report(pointer, `${nameOf(pointer)} must be a map, not ${describe(value)}`, 'wrong_type');
        return undefined;
      }
      for (const key of Object.keys(value)) {
        if (mainNameOf.has(key) || ignored.includes(key)) continue;
        const place = Object.hasOwn(elsewhere, key) ? elsewhere[key] : undefined;
        const hint = place === undefined ? suggestion(key, mainNameOf.keys()) : ` It belongs in ${place}`;
        report(childPointer(pointer, key), `Unknown key "${key}".${hint}`, 'unknown_key', 'key');
      }
      const answer: Record<string, unknown> = {};
      let usable = true;
      for (const [name, field] of table) {
        const key = [name, ...field.aliases].find((candidate) => (ownValue(value, candidate) ?? null) !== null);
        if (key !== undefined) {
          const read = field.shape.read(ownValue(value, key) ?? null, childPointer(pointer, key), report);
          if (read !== undefined) answer[name] = read;
          else if (field.presence === 'required') usable = false;
          else if (field.presence === 'defaulted') answer[name] = field.fallback;
        } else if (field.presence === 'required') {
          report(pointer, `The key "${name}" is missing; it must be ${field.shape.expected}`, 'missing_key');
          usable = false;
        } else if (field.presence === 'defaulted') {
          answer[name] = field.fallback;
        }
      }
      return usable ? (answer as RecordOf<F>) : undefined;
    },
  };
}

/** A value of one of several shapes: the first whose test it passes says what is wrong with it. */
export const choice = <T>(
  expected: string,
  forms: readonly (readonly [test: (value: Json) => boolean, shape: Shape<T>])[],
): Shape<T> => ({
  expected,
  schema: (defs) => ({ anyOf: forms.map(([, shape]) => shape.schema(defs)) }),
  read: (value, pointer, report) => {
    const shape = forms.find(([test]) => test(value))?.[1];
    if (shape !== undefined) return shape.read(value, pointer, report);
    report(pointer, `${nameOf(pointer)} must be ${expected}, not ${describe(value)}`, 'wrong_type');
    return undefined;
  },
});

export const isText = (value: Json): value is string => typeof value === 'string';
export const isNumber = (value: Json): value is number => typeof value === 'number';

/** Defaults that stand for nothing, such as an empty text, are not worth telling. */
const isTelling = (fallback: unknown): fallback is boolean | number | string =>
  typeof fallback === 'boolean' || typeof fallback === 'number' || (typeof fallback === 'string' && fallback !== '');

/** A value for messages: short, with its type where the type is what matters. */
export function describe(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'object':
      return 'a map';
    case 'string':
      return `the text "${value.length > 40 ? `${value.slice(0, 40)}...` : value}"`;
    case 'boolean':
      return String(value);
    default:
      return `the number ${value.toString()}`;
  }
}

/** A value in a message: by its key, an element by its key and index, the root as the file. */
function nameOf(pointer: string): string {
  const keys = pointer.split('/').slice(1);
  const last = keys.at(-1);
  if (last === undefined) return 'The file';
  const before = keys.at(-2);
  const name = /^\d+$/.test(last) && before !== undefined ? `${before}[${last}]` : last;
  return `"${name.replaceAll('~1', '/').replaceAll('~0', '~')}"`;
}
