import { isJsonObject, ownValue, type Json, type JsonObject } from '../json.ts';
import { suggestion } from '../yaml/nearest.ts';
import { childPointer } from '../yaml/pointer.ts';
import { choice, flag, integer, list, map, text } from '../yaml/shape.ts';
import { schemaShape } from './check-schema.ts';
import { expectedBy } from './general-keywords.ts';
import { keyword, type Keyword } from './keyword.ts';
import { compilePattern, matchesPattern } from './pattern.ts';
import type { Visit } from './visit.ts';

const patternKey = {
  expected: 'a regular expression',
  test: (key: string) => typeof compilePattern(key) === 'function',
};

export const objectKeywords: Record<string, Keyword> = {
  properties: keyword(map(schemaShape()), (properties, value, visit) => {
    if (!isJsonObject(value)) return;
    for (const name of Object.keys(properties)) {
      const schema = properties[name] as Json;
      const member = ownValue(value, name);
      if (member !== undefined) visit.descend(schema, member, childPointer(visit.pointer, name));
      else if (isJsonObject(schema) && schema['required'] === true && schema['default'] === undefined)
        missing(name, visit);
    }
  }),
  // A list is JSON Schema's own form; a boolean on a member is the flat form, read by `properties`, where a default counts as given.
  required: keyword(
    choice<boolean | string[]>('true, false or a list of property names', [
      [(value) => typeof value === 'boolean', flag()],
      [Array.isArray, list(text())],
    ]),
    (rule, value, visit) => {
      if (typeof rule === 'boolean' || !isJsonObject(value)) return;
      for (const name of rule) if (!Object.hasOwn(value, name)) missing(name, visit);
    },
  ),
  additionalProperties: keyword(schemaShape(), (schema, value, visit) => {
    if (!isJsonObject(value)) return;
    const properties = mapOf(visit.schema['properties']);
    const patterns = Object.keys(mapOf(visit.schema['patternProperties']));
    for (const name of Object.keys(value)) {
      if (Object.hasOwn(properties, name) || patterns.some((pattern) => matchesPattern(pattern, name))) continue;
      const pointer = childPointer(visit.pointer, name);
      if (schema === false)
        visit.fail(`is not a known name.${suggestion(name, Object.keys(properties))}`, pointer, 'unknown_parameter');
      else visit.descend(schema, value[name] as Json, pointer);
    }
  }),
  patternProperties: keyword(map(schemaShape(), { key: patternKey }), (patterns, value, visit) => {
    if (!isJsonObject(value)) return;
    for (const [pattern, schema] of Object.entries(patterns)) {
      for (const [name, member] of Object.entries(value)) {
        if (matchesPattern(pattern, name)) visit.descend(schema, member, childPointer(visit.pointer, name));
      }
    }
  }),
  propertyNames: keyword(schemaShape(), (schema, value, visit) => {
    if (!isJsonObject(value)) return;
    for (const name of Object.keys(value)) visit.descend(schema, name, childPointer(visit.pointer, name));
  }),
  minProperties: keyword(integer(0), (limit, value, visit) => {
    if (!isJsonObject(value)) return;
    const count = Object.keys(value).length;
    if (count < limit) visit.fail(`must have at least ${limit} properties, not ${count}`);
  }),
  maxProperties: keyword(integer(0), (limit, value, visit) => {
    if (!isJsonObject(value)) return;
    const count = Object.keys(value).length;
    if (count > limit) visit.fail(`must have at most ${limit} properties, not ${count}`);
  }),
  dependentRequired: keyword(map(list(text())), (rule, value, visit) => {
    if (!isJsonObject(value)) return;
    for (const [name, needed] of Object.entries(rule)) {
      if (!Object.hasOwn(value, name)) continue;
      for (const other of needed) {
        if (!Object.hasOwn(value, other)) {
          visit.fail(`must be given where "${name}" is`, childPointer(visit.pointer, other), 'missing_parameter');
        }
      }
    }
  }),
};

const none: JsonObject = {};

const mapOf = (rule: Json | undefined): JsonObject => (isJsonObject(rule) ? rule : none);

/** Reports a required name that is not there. */
function missing(name: string, visit: Visit): void {
  const properties = isJsonObject(visit.schema['properties']) ? visit.schema['properties'] : {};
  const expected = expectedBy(ownValue(properties, name) ?? null);
  const meaning = expected === 'given' ? '' : `; it must be ${expected}`;
  visit.fail(`is missing${meaning}`, childPointer(visit.pointer, name), 'missing_parameter');
}
