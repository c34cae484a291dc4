import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { SchemaOf } from '../yaml/json-schema.ts';
import { suggestion } from '../yaml/nearest.ts';
import { childPointer, pointerKeys } from '../yaml/pointer.ts';
import { describe, type Report, type Shape } from '../yaml/shape.ts';
import { keywords } from './keywords.ts';
import { visit } from './visit.ts';

/** How deep schemas may stand in schemas, counted in keys from the document's root. */
const deepestSchema = 40;

/** A schema inside a schema: a map of known keywords, or true (anything) or false (nothing). A function, because the tables of
 *  keywords that use it are part of what it reads by, and only functions exist before their modules have run. */
export function schemaShape(): Shape<JsonObject | boolean> {
  return {
    expected: 'a schema',
    schema: (defs) => ({ anyOf: [{ type: 'boolean' }, definitionSchema(defs)] }),
    read: (value, pointer, report) => (typeof value === 'boolean' ? value : readDefinition(value, pointer, report)),
  };
}

/** What a definition may say, for editors. */
export const definitionSchema: SchemaOf = (defs) =>
  defs.refer('definition', () => ({
    type: 'object',
    properties: Object.fromEntries(Object.entries(keywords).map(([name, { shape }]) => [name, shape.schema(defs)])),
    additionalProperties: false,
  }));

/** A definition: a map of known keywords whose default, if any, fits them. */
export function readDefinition(value: Json, pointer: string, report: Report): JsonObject | undefined {
  if (!isJsonObject(value)) {
    report(pointer, `A definition must be a map such as { type: string }, not ${describe(value)}`, 'wrong_type');
    return undefined;
  }
  if (pointerKeys(pointer).length > deepestSchema) {
    report(pointer, 'Schemas are nested too deeply here', 'wrong_value');
    return undefined;
  }
  let problems = 0;
  const notice: Report = (...problem) => {
    problems += 1;
    report(...problem);
  };
  for (const [name, rule] of Object.entries(value)) {
    const place = childPointer(pointer, name);
    const known = Object.hasOwn(keywords, name) ? keywords[name] : undefined;
    if (known !== undefined) known.shape.read(rule, place, notice);
    else if (name.startsWith('$'))
      notice(place, `"${name}" is not supported: write the schema out`, 'unsupported', 'key');
    else notice(place, `Unknown keyword "${name}".${suggestion(name, Object.keys(keywords))}`, 'unknown_key', 'key');
  }
  const fallback = value['default'];
  if (problems === 0 && fallback !== undefined && fallback !== null) {
    for (const problem of visit(value, fallback, '', { templates: false }, value['secret'] === true)) {
      const message = `The default does not fit its own definition: ${problem.message}`;
      notice(childPointer(pointer, 'default'), message, 'wrong_value');
    }
  }
  return problems === 0 ? value : undefined;
}
