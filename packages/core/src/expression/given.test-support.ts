import type { Json, JsonObject } from '../json.ts';
import type { Budget } from './budget.ts';
import { ExpressionError } from './error.ts';
import { evaluate } from './evaluate.ts';
import { parseExpression } from './expression.ts';
import { scopeOf } from './scope.ts';

/** The value of an expression over some names. */
export const valueOf = (text: string, names: JsonObject = {}, budget?: Partial<Budget>): Json =>
  evaluate(parseExpression(text), scopeOf(names), budget);

/** The same in a rule, where what is missing is null. */
export const valueInRule = (text: string, names: JsonObject = {}): Json =>
  evaluate(parseExpression(text), scopeOf(names, 'null'));

/** The error that some work ends in. */
export function errorOf(work: () => unknown): ExpressionError {
  try {
    work();
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error('There was no error');
}

/** `kind at line:column`. */
export function faultOf(work: () => unknown): string {
  const { kind, position } = errorOf(work);
  return `${kind} at ${position.line}:${position.column}`;
}
