import type { TypeName } from '../../expression/value.ts';
import { isJsonObject, ownValue } from '../../json.ts';
import type { FlatSchema } from '../../schema/flat-schema.ts';

/** The types of what a path of a workflow's expression leads to, where they are known for certain: parameters have the type of their
 *  definitions, and may be null if they may be left out. Undefined: any. */
export function typesRead(path: readonly string[], parameters: FlatSchema | null): readonly TypeName[] | undefined {
  const [root = '', name, ...more] = path;
  if (name === undefined) return outcomeFunctions.includes(root) ? ['bool'] : undefined;
  if (more.length > 0 || root !== 'parameters' || parameters === null) return undefined;
  const definition = ownValue(parameters, name);
  if (!isJsonObject(definition) || definition['type'] === undefined) return undefined;
  const isGiven = definition['required'] === true || (definition['default'] ?? null) !== null;
  const types = [definition['type']]
    .flat()
    .flatMap((type) => (typeof type === 'string' ? (typeOfSchema[type] ?? []) : []));
  return isGiven ? types : [...types, 'null'];
}

const outcomeFunctions = ['succeeded()', 'failed()', 'timed_out()', 'skipped()'];

/** JSON Schema's types as those of expressions. */
const typeOfSchema: Readonly<Record<string, TypeName>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'bool',
  array: 'array',
  object: 'object',
  null: 'null',
};
