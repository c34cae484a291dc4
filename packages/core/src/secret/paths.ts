import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { FlatSchema } from '../schema/flat-schema.ts';

/** Names of members, from the top of a value down. Lists on the way are gone through: a path means the member of each element. */
export type Path = readonly string[];

/** Keywords whose values are data and no schemas. */
const dataKeywords = new Set(['default', 'enum', 'const', 'examples', 'required', 'type', 'pattern', 'format']);

/** Keywords whose values are maps from names to schemas. */
const mapKeywords = new Set(['properties', 'patternProperties', 'dependentSchemas']);

/** What a flat schema marks `secret`. A mark inside of a list, or of one form among several, counts for the nearest member around it
 *  that has a name of its own. */
export function secretPaths(schema: FlatSchema | null | undefined): readonly Path[] {
  if (schema === null || schema === undefined) return [];
  const known = marked.get(schema);
  if (known !== undefined) return known;
  const found = Object.entries(schema).flatMap(([name, definition]) => pathsIn(definition, [name]));
  marked.set(schema, found);
  return found;
}

const marked = new WeakMap<FlatSchema, readonly Path[]>();

function pathsIn(definition: Json, path: Path): Path[] {
  if (!isJsonObject(definition)) return [];
  if (isSecret(definition)) return [path];
  const { properties = null } = definition;
  return isJsonObject(properties)
    ? Object.entries(properties).flatMap(([name, member]) => pathsIn(member, [...path, name]))
    : [];
}

const wholes = new WeakMap<JsonObject, boolean>();

/** Whether a definition makes a secret of all of its value, and not of members alone. */
export function isSecret(definition: JsonObject): boolean {
  const known = wholes.get(definition);
  if (known !== undefined) return known;
  const { properties: _, ...others } = definition;
  const found = isMarked(others);
  wholes.set(definition, found);
  return found;
}

function isMarked(schema: Json): boolean {
  if (Array.isArray(schema)) return schema.some(isMarked);
  if (!isJsonObject(schema)) return false;
  if (schema['secret'] === true) return true;
  return Object.entries(schema).some(([keyword, rule]) => {
    if (dataKeywords.has(keyword)) return false;
    return mapKeywords.has(keyword) && isJsonObject(rule) ? Object.values(rule).some(isMarked) : isMarked(rule);
  });
}

/** Whether one of two paths leads to a part of what the other leads to. */
export const touches = (a: Path, b: Path): boolean => (a.length <= b.length ? leadsTo(a, b) : leadsTo(b, a));

/** Whether what `inner` leads to is all of it, or a part, of what `outer` leads to. */
export const leadsTo = (outer: Path, inner: Path): boolean => outer.every((key, index) => key === inner[index]);

/** A value with `change` made of what a path leads to, in every element of the lists on the way. What stands where a map was
 *  expected may hold anything, so all of it is changed. Null and what is not there stay so. */
export function changeAt(value: Json, path: Path, change: (secret: Json) => Json): Json {
  if (value === null) return null;
  const [key, ...rest] = path;
  if (key === undefined) return change(value);
  if (Array.isArray(value)) return value.map((element) => changeAt(element, path, change));
  if (!isJsonObject(value)) return change(value);
  if (!Object.hasOwn(value, key)) return value;
  return { ...value, [key]: changeAt(value[key] ?? null, rest, change) } satisfies JsonObject;
}

/** The same at several paths. */
export const changeAll = <T extends Json>(value: T, paths: readonly Path[], change: (secret: Json) => Json): T =>
  paths.reduce<Json>((changed, path) => changeAt(changed, path, change), value) as T;
