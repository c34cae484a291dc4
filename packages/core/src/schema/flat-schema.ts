import type { Problem } from '../errors.ts';
import { isJsonObject, ownValue, type Json, type JsonObject } from '../json.ts';
import type { JsonSchema, SchemaOf } from '../yaml/json-schema.ts';
import { childPointer } from '../yaml/pointer.ts';
import { describe, type Report, type Shape } from '../yaml/shape.ts';
import { definitionSchema, readDefinition } from './check-schema.ts';
import { visit } from './visit.ts';

/** Parameters by name, each with its definition: JSON Schema keywords for one value, and `required` (boolean, default false),
 *  `secret` (boolean: kept encrypted, never shown) and `position` (integer: order of display). */
export type FlatSchema = Record<string, JsonObject>;

/** What the older form may say beside its properties, without effect. */
const aboutObjects = ['type', 'title', 'description', '$schema', 'additionalProperties'];

/** Most parameters one schema may have. */
const mostParameters = 1_000;

/** A flat schema in a YAML file. An object schema of JSON Schema (`type: object` with `properties`), as older packs have it, is
 *  turned into the flat form. */
export const flatSchema: Shape<FlatSchema> = {
  expected: 'a map of parameter definitions',
  schema: (defs) => defs.refer('flat_schema', flatSchemaSchema),
  read: (value, pointer, report) => {
    if (!isJsonObject(value)) {
      report(pointer, `A schema must be a map from names to definitions, not ${describe(value)}`, 'wrong_type');
      return undefined;
    }
    if (value['type'] === 'object') return readObjectSchema(value, pointer, report);
    return readParameters(value, pointer, report);
  },
};

/** What a flat schema may say, for editors. */
const flatSchemaSchema: SchemaOf = (defs) => {
  const isObject = { properties: { type: { const: 'object' } }, required: ['type'] };
  const definition: JsonSchema = {
    ...definitionSchema(defs),
    if: isObject,
    else: { properties: { required: { type: 'boolean' } } },
  };
  const definitions: JsonSchema = { type: 'object', additionalProperties: definition };
  return {
    type: 'object',
    if: isObject,
    then: {
      properties: {
        ...Object.fromEntries(aboutObjects.map((key) => [key, {}])),
        properties: definitions,
        required: { type: 'array' },
      },
      additionalProperties: false,
    },
    else: { ...definitions, maxProperties: mostParameters },
  };
};

/** Everything wrong with a flat schema, with pointers into it. */
export function checkFlatSchema(schema: Json): Problem[] {
  const problems: Problem[] = [];
  flatSchema.read(schema, '', (pointer, message) => void problems.push({ message, pointer }));
  return problems;
}

export interface ValidateOptions {
  /** Accept any text with a `{{ }}` template in place of the value it will render to. @default false */
  templates?: boolean;
  /** What to do with names the schema does not have. @default 'refuse' */
  unknown?: 'refuse' | 'allow';
}

/** Everything wrong with parameters by their flat schema: missing, unknown (with the nearest known name) and unfit ones. Nothing is
 *  converted: `"5"` is no integer. null means not given. Secret values never stand in a message.
 *  @param schema null or undefined where there is none: then every object fits. */
export function validate(schema: FlatSchema | null | undefined, value: Json, options: ValidateOptions = {}): Problem[] {
  const { templates = false, unknown = 'refuse' } = options;
  if (!isJsonObject(value))
    return [{ message: `Parameters must be an object, not ${describe(value)}`, pointer: '', code: 'wrong_parameter' }];
  if (schema === null || schema === undefined) return [];
  return visit(asObject(schema, unknown), withoutNulls(schema, value), '', { templates }, false);
}

const asObjects = new WeakMap<FlatSchema, { refuse: JsonObject; allow: JsonObject }>();

/** The schema of all parameters together. */
function asObject(schema: FlatSchema, unknown: 'refuse' | 'allow'): JsonObject {
  const known = asObjects.get(schema) ?? {
    refuse: { properties: schema, additionalProperties: false },
    allow: { properties: schema, additionalProperties: true },
  };
  asObjects.set(schema, known);
  return known[unknown];
}

/** Parameters with the schema's defaults in the places of those that are missing or null. A null without a default is left out,
 *  unless its definition takes null. */
export function fillDefaults(schema: FlatSchema | null | undefined, value: JsonObject): JsonObject {
  if (schema === null || schema === undefined) return value;
  const given = withoutNulls(schema, value);
  let filled = given;
  for (const name of Object.keys(schema)) {
    const fallback = schema[name]?.['default'];
    if (fallback === undefined || (ownValue(given, name) ?? null) !== null) continue;
    if (filled === given) filled = { ...given };
    filled[name] = fallback;
  }
  return filled;
}

/** The value itself where it holds no null. */
function withoutNulls(schema: FlatSchema, value: JsonObject): JsonObject {
  if (!Object.keys(value).some((name) => value[name] === null)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, given]) => given !== null || takesNull(Object.hasOwn(schema, name) ? schema[name] : {}),
    ),
  );
}

function takesNull(definition: JsonObject | undefined): boolean {
  const type = definition?.['type'];
  return definition !== undefined && (type === undefined || [type].flat().includes('null'));
}

function readParameters(value: JsonObject, pointer: string, report: Report): FlatSchema | undefined {
  const entries = Object.entries(value);
  if (entries.length > mostParameters) {
    report(pointer, `A schema may have at most ${mostParameters} parameters, not ${entries.length}`, 'wrong_value');
    return undefined;
  }
  const schema: [string, JsonObject][] = [];
  for (const [name, definition] of entries) {
    const read = readDefinition(definition, childPointer(pointer, name), report);
    if (read === undefined) continue;
    if (Array.isArray(read['required']) && read['type'] !== 'object') {
      report(`${childPointer(pointer, name)}/required`, '"required" must be true or false here', 'wrong_type');
    }
    schema.push([name, read]);
  }
  return Object.fromEntries(schema);
}

/** The older form. What it says beyond names, definitions and which are required cannot be kept, so it is refused. */
function readObjectSchema(value: JsonObject, pointer: string, report: Report): FlatSchema | undefined {
  const { properties = {}, required = [], ...rest } = value;
  for (const key of Object.keys(rest)) {
    if (aboutObjects.includes(key)) continue;
    report(
      childPointer(pointer, key),
      `"${key}" is not supported beside "properties": define each parameter by name`,
      'unsupported',
      'key',
    );
  }
  if (!isJsonObject(properties)) {
    report(
      childPointer(pointer, 'properties'),
      `"properties" must be a map, not ${describe(properties)}`,
      'wrong_type',
    );
    return undefined;
  }
  const schema = readParameters(properties, childPointer(pointer, 'properties'), report);
  if (schema === undefined) return undefined;
  if (!Array.isArray(required)) {
    report(
      childPointer(pointer, 'required'),
      `"required" must be a list of names, not ${describe(required)}`,
      'wrong_type',
    );
    return undefined;
  }
  return Object.fromEntries(
    Object.entries(schema).map(([name, definition]) => [
      name,
      required.includes(name) ? { ...definition, required: true } : definition,
    ]),
  );
}
