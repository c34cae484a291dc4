import { ownValue, type Json, type JsonObject } from '../json.ts';
import { ExpressionError } from './error.ts';

/** What an expression sees of the world. */
export interface Scope {
  /** The value of a name; undefined if there is none. */
  lookup: (name: string) => Json | undefined;
  /** What a name, a field or an element that does not exist is: null (in rules), or an error (in workflows). */
  missing: 'null' | 'error';
  /** Functions of this place beside the built-in ones, such as `result()`. Their arguments are ignored. */
  functions?: Readonly<Record<string, () => Json>>;
  /** Every name that {@link lookup} knows, for the advice in errors. */
  names?: () => Iterable<string>;
  /** Tells an error in the words of this place; what a value is may be a secret. */
  retell?: (error: ExpressionError) => ExpressionError;
}

/** Does what may throw an ExpressionError; it is then told in the words of the scope. */
export function inWordsOf<T>({ retell }: Scope, work: () => T): T {
  if (retell === undefined) return work();
  try {
    return work();
  } catch (error) {
    throw error instanceof ExpressionError ? retell(error) : error;
  }
}

/** A scope whose names are the own properties of an object. */
export const scopeOf = (
  values: JsonObject,
  missing: Scope['missing'] = 'error',
  functions: Readonly<Record<string, () => Json>> = {},
): Scope => ({
  lookup: (name) => ownValue(values, name),
  missing,
  functions,
  names: () => Object.keys(values),
});

/** The function of a scope, if it has one of that name. */
export const scopeFunction = (scope: Scope, name: string): (() => Json) | undefined =>
  scope.functions !== undefined && Object.hasOwn(scope.functions, name) ? scope.functions[name] : undefined;
