import { ExpressionError } from '../expression/error.ts';
import { Evaluation } from '../expression/evaluation.ts';
import { matchPattern } from '../expression/pattern.ts';
import type { PredicateName } from '../expression/predicate.ts';
import type { Json } from '../json.ts';
import type { JsonSchema } from '../yaml/json-schema.ts';
import { describe } from '../yaml/shape.ts';

/** What is wrong with the `value` that a condition's operator was given, if anything. */
export function valueProblem(operator: PredicateName, value: Json): string | undefined {
  const { expected, test } = operands[operator];
  if (!test(value)) return `"value" of ${operator} must be ${expected}, not ${describe(value)}`;
  return operator === 'matches' && typeof value === 'string' ? patternProblem(value) : undefined;
}

interface Operand {
  /** Completes the sentence "must be ...". */
  expected: string;
  test: (value: Json) => boolean;
  /** The same, for editors. */
  schema: JsonSchema;
}

const anything: Operand = { expected: 'any value', test: () => true, schema: {} };
const aText: Operand = {
  expected: 'a text',
  test: (value) => typeof value === 'string',
  schema: { type: 'string' },
};
const aList: Operand = { expected: 'a list', test: Array.isArray, schema: { type: 'array' } };
const ordered: Operand = {
  expected: 'a number or a text',
  test: (value) => ['number', 'bigint', 'string'].includes(typeof value),
  schema: { type: ['number', 'string'] },
};

/** What each operator takes for its value. */
export const operands: Record<PredicateName, Operand> = {
  equals: anything,
  not_equals: anything,
  contains: anything,
  not_contains: anything,
  in: aList,
  not_in: aList,
  greater_than: ordered,
  greater_than_or_equals: ordered,
  less_than: ordered,
  less_than_or_equals: ordered,
  starts_with: aText,
  ends_with: aText,
  matches: { expected: 'a regular expression', test: aText.test, schema: aText.schema },
  exists: { expected: 'true or false', test: (value) => typeof value === 'boolean', schema: { type: 'boolean' } },
};

function patternProblem(pattern: string): string | undefined {
  try {
    matchPattern(pattern, '', new Evaluation());
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}
