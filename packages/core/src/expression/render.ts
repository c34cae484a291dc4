import type { Json } from '../json.ts';
import { childPointer } from '../yaml/pointer.ts';
import type { Budget } from './budget.ts';
import { ExpressionError } from './error.ts';
import { evaluateWithin } from './interpret.ts';
import { Evaluation } from './evaluation.ts';
import { inWordsOf, type Scope } from './scope.ts';
import { mayBeTemplate, parseTemplate } from './template.ts';
import { textOf } from './text.ts';

/** A value with every `{{ expression }}` in its strings replaced, in lists and in the values of objects too (keys stay). A string
 *  that is one expression becomes its value, whatever the type; in a longer text values become text: strings as they are, null
 *  as nothing, all else as JSON. What was rendered is not rendered again. All expressions share one budget.
 *  @throws ExpressionError with the JSON pointer of the string it is in */
export const renderTemplate = (value: Json, scope: Scope, budget?: Partial<Budget>): Json =>
  renderWithin(value, scope, new Evaluation(budget), '', 0);

function renderWithin(value: Json, scope: Scope, evaluation: Evaluation, pointer: string, depth: number): Json {
  if (typeof value === 'string') return mayBeTemplate(value) ? renderText(value, scope, evaluation, pointer) : value;
  if (typeof value !== 'object' || value === null) return value;
  evaluation.descend(depth);
  if (Array.isArray(value)) {
    return value.map((element, index) =>
      renderWithin(element, scope, evaluation, childPointer(pointer, index), depth + 1),
    );
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      renderWithin(member, scope, evaluation, childPointer(pointer, key), depth + 1),
    ]),
  );
}

function renderText(text: string, scope: Scope, evaluation: Evaluation, pointer: string): Json {
  try {
    return inWordsOf(scope, () => renderTextWithin(text, scope, evaluation));
  } catch (error) {
    throw error instanceof ExpressionError ? error.under(pointer) : error;
  }
}

function renderTextWithin(text: string, scope: Scope, evaluation: Evaluation): Json {
  const { parts, isWhole } = parseTemplate(text);
  if (isWhole) {
    const [expression] = parts.filter((part) => typeof part === 'object');
    if (expression !== undefined) return evaluateWithin(expression, scope, evaluation);
  }
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const value = evaluateWithin(part, scope, evaluation);
      return value === null ? '' : textOf(value, evaluation);
    })
    .join('');
}
