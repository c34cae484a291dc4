import type { Json } from '../json.ts';
import { childPointer } from '../yaml/pointer.ts';
import { blockAt } from './block.ts';
import { parsePart, type Expression } from './expression.ts';

/** A text with `{{ expression }}` blocks in it. */
export interface Template {
  text: string;
  /** Texts as they stand, and the expressions between them, in order. */
  parts: (string | Expression)[];
  /** Whether the text is, but for white space around it, one expression: then rendering gives its value, not a text. */
  isWhole: boolean;
}

/** Whether a text may hold an expression at all. */
export const mayBeTemplate = (text: string): boolean => text.includes('{{');

/** Parses a text and all expressions in it. A `{{` that nothing closes is text.
 *  @throws ExpressionError with its position in the text */
export function parseTemplate(text: string): Template {
  const parts: (string | Expression)[] = [];
  let from = 0;
  for (let block = blockAt(text, 0); block !== undefined; block = blockAt(text, from)) {
    if (block.start > from) parts.push(text.slice(from, block.start));
    parts.push(parsePart(text, block.start + 2, block.end - 2));
    from = block.end;
  }
  if (from < text.length) parts.push(text.slice(from));
  const filled = parts.filter((part) => typeof part !== 'string' || part.trim() !== '');
  return { text, parts, isWhole: filled.length === 1 && typeof filled[0] === 'object' };
}

/** The expressions in a text, in order; most texts have none.
 *  @throws ExpressionError */
export const expressionsIn = (text: string): Expression[] =>
  mayBeTemplate(text) ? parseTemplate(text).parts.filter((part) => typeof part === 'object') : [];

/** Every string of a value that may hold expressions, with its JSON pointer. Keys of objects are no templates. */
export function* templatesIn(value: Json, pointer = ''): Generator<{ pointer: string; text: string }> {
  if (typeof value === 'string') {
    if (mayBeTemplate(value)) yield { pointer, text: value };
  } else if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) yield* templatesIn(element, childPointer(pointer, index));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) yield* templatesIn(member, childPointer(pointer, key));
  }
}
