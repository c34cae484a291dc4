import { isJsonObject, type Json } from '../json.ts';
import { flatSchema, type FlatSchema } from './flat-schema.ts';

/** A schema as a row holds it: ours are flat already; those of older systems may be object schemas of JSON Schema. */
export function asFlatSchema(schema: Json | undefined): FlatSchema {
  if (!isJsonObject(schema)) return {};
  if (schema['type'] !== 'object') return schema as FlatSchema;
  return flatSchema.read(schema, '', () => undefined) ?? {};
}
