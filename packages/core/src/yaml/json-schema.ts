import type { Json, JsonObject } from '../json.ts';

/** A schema in the words of JSON Schema 2020-12. */
export type JsonSchema = JsonObject;

/** Gives the JSON Schema of a part of a file. What refers to itself, or is used in several places, is put into `defs`. */
export type SchemaOf = (defs: SchemaDefs) => JsonSchema;

/** The `$defs` of a schema while it is built. */
export class SchemaDefs {
  readonly #defs: Record<string, JsonSchema> = {};

  /** A reference to a definition, which is built the first time it is asked for. */
  refer(name: string, build: SchemaOf): JsonSchema {
    if (!Object.hasOwn(this.#defs, name)) {
      this.#defs[name] = {}; // so that it may refer to itself
      this.#defs[name] = build(this);
    }
    return { $ref: `#/$defs/${name}` };
  }

  /** `schema` with all that it refers to. */
  complete(schema: JsonSchema): JsonSchema {
    return Object.keys(this.#defs).length === 0 ? schema : { ...schema, $defs: { ...this.#defs } };
  }
}

/** The same, or null: a key with nothing behind it counts as absent. */
export function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: words, anyOf } = schema;
  if (Object.keys(schema).length === 0) return schema;
  if (typeof type === 'string' && words === undefined) return { ...schema, type: [type, 'null'] };
  if (Array.isArray(words)) return { ...schema, enum: [...new Set<Json>([...words, null])] };
  return Array.isArray(anyOf)
    ? { ...schema, anyOf: [...anyOf, { type: 'null' }] }
    : { anyOf: [schema, { type: 'null' }] };
}
