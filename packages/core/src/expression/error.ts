import { AttuneError, type Problem } from '../errors.ts';
import { positionAt, type Position } from './position.ts';

/** Everything that can be wrong with an expression, and when. */
export const expressionErrorKinds = {
  parse: 'The text is not an expression, or is longer or deeper than one may be.',
  not_found: 'A name or a field does not exist. In rules such a thing is null instead.',
  type: 'An operator or a function was given a value it does not take.',
  division_by_zero: 'The right side of `/` or `%` is zero.',
  out_of_bounds: 'An index is outside of its list or string, or a number outside of what a function takes.',
  unknown_function: 'There is no function of that name.',
  argument_count: 'A function was given too few or too many arguments.',
  pattern: 'A regular expression is malformed or too long.',
  overflow: 'An integer is beyond 64 bits, or a float beyond what a double holds.',
  budget: 'The evaluation takes more steps, or builds more, than it may.',
} as const;

export type ExpressionErrorKind = keyof typeof expressionErrorKinds;

/** An expression that cannot be parsed or evaluated. The message says what was expected and how to go on. */
export class ExpressionError extends AttuneError {
  readonly kind: ExpressionErrorKind;
  /** Where in {@link text}. */
  readonly position: Position;
  /** The whole text of the expression, or of the template around it. */
  readonly text: string;
  /** JSON pointer to the text, where it is part of a larger value (a template's map or list, a rule's conditions). */
  readonly pointer: string | undefined;

  constructor(kind: ExpressionErrorKind, message: string, place: { text: string; offset: number; pointer?: string }) {
    const position = positionAt(place.text, place.offset);
    const problem: Problem = { message, line: position.line, column: position.column };
    if (place.pointer !== undefined) problem.pointer = place.pointer;
    super('invalid_expression', message, { details: [problem] });
    this.name = 'ExpressionError';
    this.kind = kind;
    this.position = position;
    this.text = place.text;
    this.pointer = place.pointer;
  }

  /** The same error, told of a text that stands at `pointer` in a larger value. */
  under(pointer: string): ExpressionError {
    const { text, position } = this;
    return new ExpressionError(this.kind, this.message, { text, offset: position.offset, pointer });
  }

  /** The error as JSON, for the record. */
  toRecord(): ExpressionErrorRecord {
    const { kind, message, position, text, pointer } = this;
    const expression = text.length > longestRecordedText ? `${text.slice(0, longestRecordedText)}…` : text;
    const { line, column } = position;
    return { kind, message, expression, line, column, ...(pointer === undefined ? {} : { pointer }) };
  }
}

/** An {@link ExpressionError} as it is kept in rows and shown by the API. */
export type ExpressionErrorRecord = {
  kind: ExpressionErrorKind;
  message: string;
  /** The text the error is in, its first 500 characters. */
  expression: string;
  line: number;
  column: number;
  /** JSON pointer to the expression, where it is part of a larger value. */
  pointer?: string;
};

const longestRecordedText = 500;
