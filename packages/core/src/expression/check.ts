import type { Problem } from '../errors.ts';
import type { ProblemCode } from '../problem-code.ts';
import type { Json } from '../json.ts';
import { ExpressionError, type ExpressionErrorKind } from './error.ts';
import { parseCondition, parseExpression, type Expression } from './expression.ts';
import { faultsOf, type KnownNames } from './fault.ts';
import { positionAt } from './position.ts';
import { expressionsIn, templatesIn } from './template.ts';

/** A problem in a text. Line and column are those in the text itself; with `offset` whoever knows where the text stands in a file
 *  finds the place there. */
export interface TextProblem extends Problem {
  /** From zero, in UTF-16 code units. */
  offset?: number;
  /** How many characters from there on it is about. */
  length?: number;
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
      .map(({ kind, message, offset }) => problemAtOffset(text, offset, message, problemCodeOf[kind]));
  } catch (error) {
    if (error instanceof ExpressionError) return [problemOf(error)];
    throw error;
  }
}

export const problemOf = ({ kind, message, position, text }: ExpressionError): TextProblem =>
  problemAtOffset(text, position.offset, message, problemCodeOf[kind]);

export function problemAtOffset(text: string, offset: number, message: string, code: ProblemCode): TextProblem {
  const { line, column } = positionAt(text, offset);
  return { message, line, column, offset, length: wordLength(text, offset), code };
}

/** What kind of problem an error of an expression is in a file. */
export const problemCodeOf: Readonly<Record<ExpressionErrorKind, ProblemCode>> = {
  parse: 'expression_syntax',
  not_found: 'unknown_name',
  unknown_function: 'unknown_function',
  argument_count: 'wrong_arguments',
  type: 'wrong_operand',
  division_by_zero: 'never_computes',
  out_of_bounds: 'never_computes',
  pattern: 'never_computes',
  overflow: 'never_computes',
  budget: 'never_computes',
};

/** How many characters of a text to point at: the word or the sign that begins at `offset`. */
export function wordLength(text: string, offset: number): number {
  const rest = text.slice(offset, offset + 200);
  return /^(?:[A-Za-z0-9_]+|[=!<>]=)/.exec(rest)?.[0].length ?? Math.min(1, rest.length);
}
