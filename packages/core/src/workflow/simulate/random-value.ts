import { isJsonObject, ownValue, type Json, type JsonObject } from '../../json.ts';
import type { FlatSchema } from '../../schema/flat-schema.ts';
import { visit } from '../../schema/visit.ts';
import { integerFrom, oneFrom, type Random } from './random-number.ts';

/** Draws until one fits. A schema that says more than how a value is built (a pattern, `not`) may fit none of them; then the last one
 *  stands, for what an action says of its output is documentation. */
const draws = 20;

/** How deep values are drawn: a schema may hold itself only as deep as it is written, but its lists multiply. */
const deepest = 6;

/** An output that fits its flat schema: every key with a value. */
export const randomOutput = (schema: FlatSchema, random: Random): JsonObject =>
  Object.fromEntries(Object.entries(schema).map(([name, definition]) => [name, randomValue(definition, random)]));

/** A value that fits a schema, where that can be met by drawing. */
export function randomValue(schema: Json, random: Random, depth = 0): Json {
  let value = draw(schema, random, depth);
  for (let tries = 1; tries < draws && !fits(schema, value); tries += 1) value = draw(schema, random, depth);
  return value;
}

const fits = (schema: Json, value: Json): boolean => visit(schema, value, '', { templates: false }, false).length === 0;

function draw(schema: Json, random: Random, depth: number): Json {
  if (!isJsonObject(schema)) return null;
  const shown = [...listIn(schema, 'examples'), ...('default' in schema ? [schema['default'] ?? null] : [])];
  const [first, ...more] = 'const' in schema ? [schema['const'] ?? null] : listIn(schema, 'enum');
  if (first !== undefined) return oneFrom(random, [first, ...more]);
  const [example, ...others] = shown;
  if (example !== undefined && random() < 0.5) return oneFrom(random, [example, ...others]);
  const [form, ...forms] = [...listIn(schema, 'oneOf'), ...listIn(schema, 'anyOf')];
  if (form !== undefined) return draw(oneFrom(random, [form, ...forms]), random, depth);
  return ofType(typeIn(schema, random), schema, random, depth);
}

function typeIn(schema: JsonObject, random: Random): string {
  const [first, ...more] = [schema['type']].flat().filter((type) => typeof type === 'string');
  if (first !== undefined) return oneFrom(random, [first, ...more]);
  if ('properties' in schema) return 'object';
  return 'items' in schema ? 'array' : 'string';
}

function ofType(type: string, schema: JsonObject, random: Random, depth: number): Json {
  switch (type) {
    case 'integer':
      return integerFrom(random, ...rangeIn(schema, 1));
    case 'number': {
      const [least, most] = rangeIn(schema, 0.01);
      return Math.round((least + random() * (most - least)) * 100) / 100;
    }
    case 'boolean':
      return random() < 0.5;
    case 'array':
      return randomList(schema, random, depth);
    case 'object':
      return randomObject(schema, random, depth);
    case 'null':
      return null;
    default:
      return randomText(schema, random);
  }
}

/** From the least to the most that a number may be; where only one is said, hundred numbers beside it. */
function rangeIn(schema: JsonObject, step: number): [number, number] {
  const least = numberIn(schema, 'minimum') ?? after(numberIn(schema, 'exclusiveMinimum'), step);
  const most = numberIn(schema, 'maximum') ?? after(numberIn(schema, 'exclusiveMaximum'), -step);
  const from = least ?? (most === undefined ? 0 : Math.min(0, most - 100));
  return [from, Math.max(from, most ?? from + 100)];
}

const after = (limit: number | undefined, step: number): number | undefined =>
  limit === undefined ? undefined : limit + step;

function randomList(schema: JsonObject, random: Random, depth: number): Json[] {
  if (depth >= deepest) return [];
  const least = numberIn(schema, 'minItems') ?? 0;
  const most = Math.min(numberIn(schema, 'maxItems') ?? least + 3, least + 3);
  const length = integerFrom(random, least, Math.max(least, most));
  return Array.from({ length }, () => randomValue(schema['items'] ?? {}, random, depth + 1));
}

function randomObject(schema: JsonObject, random: Random, depth: number): JsonObject {
  const properties = ownValue(schema, 'properties');
  if (depth >= deepest || !isJsonObject(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [name, randomValue(member, random, depth + 1)]),
  );
}

const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heron', 'inlet', 'juniper'] as const;

function randomText(schema: JsonObject, random: Random): string {
  const { format } = schema;
  const made = (typeof format === 'string' ? formats[format]?.(random) : undefined) ?? oneFrom(random, words);
  const least = numberIn(schema, 'minLength') ?? 0;
  return made.padEnd(least, 'x').slice(0, Math.max(least, numberIn(schema, 'maxLength') ?? made.length));
}

const two = (random: Random, least: number, most: number): string =>
  String(integerFrom(random, least, most)).padStart(2, '0');

const date = (random: Random): string => `2026-${two(random, 1, 12)}-${two(random, 1, 28)}`;
const time = (random: Random): string => `${two(random, 0, 23)}:${two(random, 0, 59)}:${two(random, 0, 59)}Z`;

const formats: Readonly<Record<string, (random: Random) => string>> = {
  date,
  time,
  'date-time': (random) => `${date(random)}T${time(random)}`,
  duration: (random) => `PT${integerFrom(random, 1, 90)}M`,
  email: (random) => `${oneFrom(random, words)}@example.org`,
  hostname: (random) => `${oneFrom(random, words)}.example.org`,
  ipv4: (random) => `192.0.2.${integerFrom(random, 1, 254)}`,
  ipv6: (random) => `2001:db8::${integerFrom(random, 1, 9999)}`,
  uri: (random) => `https://example.org/${oneFrom(random, words)}`,
  'uri-reference': (random) => `/${oneFrom(random, words)}`,
  uuid: (random) =>
    'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', () => integerFrom(random, 0, 15).toString(16)),
  'json-pointer': (random) => `/${oneFrom(random, words)}`,
};

function numberIn(schema: JsonObject, key: string): number | undefined {
  const value = ownValue(schema, key);
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

function listIn(schema: JsonObject, key: string): Json[] {
  const value = ownValue(schema, key);
  return Array.isArray(value) ? value : [];
}
