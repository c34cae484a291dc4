import { ExpressionError } from '../../expression/error.ts';
import { evaluate } from '../../expression/evaluate.ts';
import type { Expression } from '../../expression/expression.ts';
import type { Scope } from '../../expression/scope.ts';
import { renderTemplate } from '../../expression/render.ts';
import { truthy } from '../../expression/value.ts';
import type { Json } from '../../json.ts';

/** A value, or why there is none. */
export type Evaluated<T> = { value: T; error?: never } | { error: ExpressionError };

/** Whether a condition holds; one that is absent does. */
export const holds = (condition: Expression | null, scope: Scope): Evaluated<boolean> =>
  condition === null ? { value: true } : attempt(() => truthy(evaluate(condition, scope)));

export const render = (template: Json, scope: Scope): Evaluated<Json> => attempt(() => renderTemplate(template, scope));

/** An error for people: where in the workflow, what, and in which expression. */
export function explain(place: string, error: ExpressionError): string {
  const text = error.text.length > 200 ? `${error.text.slice(0, 200)}…` : error.text;
  return `${place}${error.pointer ?? ''}: ${error.message} (in: ${text.trim()})`;
}

export function attempt<T>(evaluation: () => T): Evaluated<T> {
  try {
    return { value: evaluation() };
  } catch (error) {
    if (error instanceof ExpressionError) return { error };
    throw error;
  }
}
