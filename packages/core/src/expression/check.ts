import type { Problem } from '../errors.ts';
import type { Json } from '../json.ts';
import { ExpressionError } from './error.ts';
import { parseCondition, parseExpression, type Expression } from './expression.ts';
import { faultsOf, type KnownNames } from './fault.ts';
import { positionAt } from './position.ts';
import { expressionsIn, templatesIn } from './template.ts';

/** A problem in a text. Line and column are those in the text itself; with `offset` whoever knows where the text stands in a file
 *  finds the place there. */
export interface TextProblem extends Problem {
  /** From zero, in UTF-16 code units. */
  offset?: number;
}

/** Everything wrong with an expression that shows before it is evaluated. */
export const checkExpression = (text: string, known?: KnownNames): TextProblem[] =>
  check(text, known, () => [parseExpression(text)]);

/** The same for a condition, bare or in `{{ }}`. */
export const checkCondition = (text: string, known?: KnownNames): TextProblem[] =>
  check(text, known, () => [parseCondition(text)]);

/** The same for all expressions in the strings of a value, each problem with the JSON pointer of the string. */
export const checkTemplates = (value: Json, known?: KnownNames): TextProblem[] =>
  [...templatesIn(value)].flatMap(({ text, pointer }) =>
    check(text, known, () => expressionsIn(text)).map((problem) => ({ ...problem, pointer })),
  );

function check(text: string, known: KnownNames | undefined, parse: () => Expression[]): TextProblem[] {
  try {
    return parse()
      .flatMap((expression) => faultsOf(expression, known))
      .map(({ message, offset }) => problemAtOffset(text, offset, message));
  } catch (error) {
    if (error instanceof ExpressionError) return [problemOf(error)];
    throw error;
  }
}

export const problemOf = ({ message, position, text }: ExpressionError): TextProblem =>
  problemAtOffset(text, position.offset, message);

export function problemAtOffset(text: string, offset: number, message: string): TextProblem {
  const { line, column } = positionAt(text, offset);
  return { message, line, column, offset };
}
