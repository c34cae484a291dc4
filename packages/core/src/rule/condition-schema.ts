import { predicateNames, type PredicateName } from '../expression/predicate.ts';
import type { JsonSchema, SchemaOf } from '../yaml/json-schema.ts';
import { operands } from './operand.ts';

/** What {@link parseConditions} reads, as a JSON Schema for editors. */
export const conditionsSchema: SchemaOf = (defs) => ({
  anyOf: [{ type: 'null' }, { type: 'object', maxProperties: 0 }, conditionSchema(defs)],
});

const conditionSchema: SchemaOf = (defs) =>
  defs.refer('condition', () => {
    const condition = conditionSchema(defs);
    const list = { type: 'array', items: condition };
    return {
      anyOf: [
        list,
        form({ expression: { type: 'string', description: 'Holds where this expression gives a true value.' } }),
        form({ all: { ...list, description: 'All of these must hold.' } }),
        form({ any: { ...list, minItems: 1, description: 'At least one of these must hold.' } }),
        ...predicateNames.map(fieldSchema),
      ],
    };
  });

const form = (properties: Record<string, JsonSchema>, required = Object.keys(properties)): JsonSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

/** A field of the payload compared by one operator. */
function fieldSchema(operator: PredicateName): JsonSchema {
  const path: JsonSchema = {
    anyOf: [
      { type: 'string', pattern: '^[^.]+(\\.[^.]+)*$' },
      { type: 'array', items: { type: 'string' }, minItems: 1 },
    ],
    description: 'A dotted path inside the payload, or a list of keys.',
  };
  const properties = { field: path, operator: { const: operator }, value: operands[operator].schema };
  return form(properties, operator === 'exists' ? ['field', 'operator'] : ['field', 'operator', 'value']);
}
