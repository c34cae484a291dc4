import { ExpressionError } from './error.ts';
import type { Token } from './token.ts';

const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const field = /[A-Za-z0-9_]+/y;
const number = /\d+(\.\d+)?/y;
const space = /[ \t\r\n]*/y;
const symbol = /[=!<>]=|[<>()[\],.+*/%-]/y;
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };

/** Cuts an expression into tokens, one at a time. It stands between two offsets of a text, so that positions are those in the
 *  whole text: an expression may be a part of a template. */
export class Lexer {
  readonly text: string;
  readonly #end: number;
  #at: number;
  #afterDot = false;

  constructor(text: string, start: number, end: number) {
    this.text = text;
    this.#at = start;
    this.#end = end;
  }

  next(): Token {
    this.#at += this.#match(space)?.length ?? 0;
    const start = this.#at;
    if (start >= this.#end) return { type: 'end', start: this.#end, end: this.#end, value: '' };
    const token = this.#read(start);
    this.#at = token.end;
    this.#afterDot = token.type === 'symbol' && token.value === '.';
    return token;
  }

  #read(start: number): Token {
    if (this.#afterDot) {
      // a field may begin with a digit, as in commits.0.id
      const value = this.#match(field);
      if (value !== undefined) return { type: 'name', start, end: start + value.length, value };
    }
    const word = this.#match(name);
    if (word !== undefined) return { type: 'name', start, end: start + word.length, value: word };
    const digits = this.#match(number);
    if (digits !== undefined) return this.#number(start, digits);
    const quote = this.text[start];
    if (quote === '"' || quote === "'") return this.#string(start, quote);
    const sign = this.#match(symbol);
    if (sign !== undefined) return { type: 'symbol', start, end: start + sign.length, value: sign };
    return this.#fail(start, strange(String.fromCodePoint(this.text.codePointAt(start) ?? 0), this.text.slice(start)));
  }

  #number(start: number, value: string): Token {
    const end = start + value.length;
    const behind = this.text.slice(end, Math.min(end + 2, this.#end));
    if (/^[A-Za-z_]/.test(behind)) {
      return this.#fail(end, 'A number has no exponent, prefix or unit: write all its digits, such as 1500 or 0.25');
    }
    return { type: value.includes('.') ? 'decimal' : 'integer', start, end, value };
  }

  /** A string. A backslash before any other character than `n t r \` and its own quote is itself: patterns stay readable. */
  #string(start: number, quote: string): Token {
    let value = '';
    let at = start + 1;
    while (at < this.#end) {
      const unit = this.text.charAt(at);
      if (unit === quote) return { type: 'string', start, end: at + 1, value };
      if (unit === '\\' && at + 1 < this.#end) {
        const escaped = this.text.charAt(at + 1);
        value += escaped === quote ? quote : (escapes[escaped] ?? `\\${escaped}`);
        at += 2;
      } else {
        value += unit;
        at += 1;
      }
    }
    return this.#fail(start, `The string that begins here has no end; close it with ${quote}`);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    // a token that runs over the end belongs to what follows the expression
    return found === undefined ? undefined : found.slice(0, this.#end - this.#at);
  }

  #fail(offset: number, message: string): never {
    throw new ExpressionError('parse', message, { text: this.text, offset });
  }
}

/** What to write instead of a character that begins nothing. */
function strange(character: string, rest: string): string {
  if (rest.startsWith('&&')) return 'Write "and" instead of "&&"';
  if (rest.startsWith('||')) return 'Write "or" instead of "||"';
  switch (character) {
    case '=':
      return 'Write "==" to compare; an expression assigns nothing';
    case '!':
      return 'Write "not" instead of "!"';
    case '|':
      return 'There are no filters; call a function, such as length(x)';
    case '?':
      return 'There is no "?"; get(value, key, default) reads what may be missing';
    case '{':
    case '}':
      return 'There are no object literals; merge(a, b) joins two objects';
    case '“':
    case '”':
    case '‘':
    case '’':
    case '`':
      return `Strings stand in straight quotes, '...' or "...", not in ${character}`;
    default:
      return `${JSON.stringify(character)} has no meaning here; quote it if it is part of a string`;
  }
}
