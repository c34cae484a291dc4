import { longestExpression } from './budget.ts';
import { ExpressionError } from './error.ts';
import type { Node } from './node.ts';
import { parseNode } from './parser.ts';
import { blockAt } from './block.ts';

/** A parsed expression. */
export class Expression {
  /** The text it stands in: its own, or that of the template around it. Offsets and positions are those in this text. */
  readonly text: string;
  readonly root: Node;

  constructor(text: string, root: Node) {
    this.text = text;
    this.root = root;
  }
}

/** Parses an expression, such as `event.payload.ref == "refs/heads/main"`.
 *  @throws ExpressionError */
export const parseExpression = (text: string): Expression => parsePart(text, 0, text.length);

/** Parses a condition: an expression, bare or in `{{ }}`.
 *  @throws ExpressionError */
export function parseCondition(text: string): Expression {
  const start = text.length - text.trimStart().length;
  if (!text.startsWith('{{', start)) return parseExpression(text);
  const block = blockAt(text, start);
  if (block === undefined)
    throw new ExpressionError('parse', 'The "{{" has no "}}"; a condition needs neither', { text, offset: start });
  if (text.slice(block.end).trim() !== '') {
    const message = 'A condition is one expression: write it without "{{ }}", e.g. "a and b"';
    throw new ExpressionError('parse', message, { text, offset: block.end });
  }
  return parsePart(text, block.start + 2, block.end - 2);
}

/** Parses the expression between two offsets of a text. */
export function parsePart(text: string, start: number, end: number): Expression {
  if (end - start > longestExpression) {
    const message = `An expression has at most ${longestExpression} characters, this one ${end - start}; split it up`;
    throw new ExpressionError('parse', message, { text, offset: start });
  }
  return new Expression(text, parseNode(text, start, end));
}
