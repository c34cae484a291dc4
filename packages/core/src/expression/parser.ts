import { deepestExpression } from './budget.ts';
import { ExpressionError } from './error.ts';
import { Lexer } from './lexer.ts';
import type { BinaryOperator, Call, Literal, Logic, Node } from './node.ts';
import { compactInteger } from './number.ts';
import { type Value, float } from './value.ts';
import { keywords, type Token } from './token.ts';

/** How tightly operators bind, from loosest to tightest. */
const strength = { any: 0, or: 1, and: 2, not: 3, comparison: 4, sum: 5, product: 6, negation: 7, access: 8 } as const;

const infix = new Map<string, { operator: BinaryOperator; strength: number }>([
  ...(['==', '!=', '<', '>', '<=', '>=', 'in'] as const).map(
    (operator) => [operator, { operator, strength: strength.comparison }] as const,
  ),
  ...(['+', '-'] as const).map((operator) => [operator, { operator, strength: strength.sum }] as const),
  ...(['*', '/', '%'] as const).map((operator) => [operator, { operator, strength: strength.product }] as const),
]);

/** Parses the expression between two offsets of a text, by operator precedence (Pratt).
 *  @throws ExpressionError of the kind `parse`, or `overflow` for an integer beyond 64 bits. */
export function parseNode(text: string, start: number, end: number): Node {
  return new Parser(text, start, end).parse();
}

class Parser {
  readonly #lexer: Lexer;
  #token: Token;
  /** End of the token before. */
  #passed: number;
  /** Brackets, calls and operators around the current token. */
  #depth = 0;
  /** How deep each part made so far is; chains of operators are deep without any bracket. */
  readonly #heights = new WeakMap<Node, number>();

  constructor(text: string, start: number, end: number) {
    this.#lexer = new Lexer(text, start, end);
    this.#token = this.#lexer.next();
    this.#passed = start;
  }

  parse(): Node {
    const node = this.#expression(strength.any);
    if (this.#token.type !== 'end') this.#failAtToken('an operator or the end');
    return node;
  }

  /** An expression whose operators bind tighter than `loosest`. */
  #expression(loosest: number): Node {
    const start = this.#token.start;
    this.#depth += 1;
    if (this.#depth > deepestExpression) this.#failForDepth(start);
    let node = this.#operand(loosest);
    for (;;) {
      const next = this.#extend(node, start, loosest);
      if (next === undefined) break;
      node = next;
    }
    this.#depth -= 1;
    return node;
  }

  /** What begins an expression: an operand with all its prefixes. */
  #operand(loosest: number): Node {
    const token = this.#token;
    const { start } = token;
    switch (token.type) {
      case 'integer':
        this.#advance();
        return this.#integer(token, token.value, start);
      case 'decimal':
        this.#advance();
        return this.#literal(token, this.#decimal(token));
      case 'string':
        this.#advance();
        return this.#literal(token, token.value);
      case 'name':
        return this.#word(token, loosest);
      case 'end':
        return this.#failAtToken('a value');
      case 'symbol':
        if (token.value === '(') return this.#group();
        if (token.value === '[') return this.#list();
        if (token.value === '-') return this.#negation();
        return this.#failAtToken('a value');
    }
  }

  #word(token: Token, loosest: number): Node {
    switch (token.value) {
      case 'true':
      case 'false':
        this.#advance();
        return this.#literal(token, token.value === 'true');
      case 'null':
        this.#advance();
        return this.#literal(token, null);
      case 'not': {
        if (loosest > strength.not)
          this.#fail(token.start, 'Put "not ..." in parentheses here: it binds less than the operator before it');
        this.#advance();
        const operand = this.#expression(strength.not - 1);
        return this.#made({ kind: 'not', operand, start: token.start, end: this.#passed, at: token.start }, operand);
      }
      case 'and':
      case 'or':
      case 'in':
        return this.#failAtToken('a value');
    }
    this.#advance();
    const { start, end, value: name } = token;
    if (this.#isSymbol('(')) return this.#call(token);
    return this.#made({ kind: 'name', name, start, end, at: start });
  }

  #call(name: Token): Call {
    this.#advance();
    const values = this.#items(')', false);
    const { start, value } = name;
    return this.#made({ kind: 'call', name: value, arguments: values, start, end: this.#passed, at: start }, ...values);
  }

  #group(): Node {
    this.#advance();
    const node = this.#expression(strength.any);
    this.#expect(')');
    return node;
  }

  #list(): Node {
    const { start } = this.#token;
    this.#advance();
    const elements = this.#items(']', true);
    return this.#made({ kind: 'list', elements, start, end: this.#passed, at: start }, ...elements);
  }

  /** Expressions between commas, up to and with the closing bracket. */
  #items(close: ')' | ']', mayEndWithComma: boolean): Node[] {
    const nodes: Node[] = [];
    while (!(this.#isSymbol(close) && (nodes.length === 0 || mayEndWithComma))) {
      nodes.push(this.#expression(strength.any));
      if (!this.#isSymbol(',')) break;
      this.#advance();
    }
    this.#expect(close, '","');
    return nodes;
  }

  #negation(): Node {
    const { start } = this.#token;
    this.#advance();
    const digits = this.#token;
    // the smallest integer has no positive counterpart, so its sign belongs to the literal
    if (digits.type === 'integer') {
      this.#advance();
      if (!this.#isSymbol('.') && !this.#isSymbol('[')) return this.#integer(digits, `-${digits.value}`, start);
      const operand = this.#accesses(this.#integer(digits, digits.value, digits.start), digits.start);
      return this.#made({ kind: 'negate', operand, start, end: this.#passed, at: start }, operand);
    }
    const operand = this.#expression(strength.negation - 1);
    return this.#made({ kind: 'negate', operand, start, end: this.#passed, at: start }, operand);
  }

  /** The expression that `left` is the beginning of, one operator longer; undefined where the next operator binds no tighter than
   *  `loosest`. */
  #extend(left: Node, start: number, loosest: number): Node | undefined {
    const token = this.#token;
    if (token.type !== 'symbol' && token.type !== 'name') return undefined;
    const { value, start: at } = token;
    if (value === '.' || value === '[') return this.#accesses(left, start);
    if (value === 'and' || value === 'or')
      return strength[value] > loosest ? this.#logic(value, left, start) : undefined;
    if (value === '(') this.#fail(at, 'Only a plain name can be called, such as length(x); there are no methods');
    if (value === 'not') this.#fail(at, 'Write "not (a in b)"; "not" stands before what it negates');
    const binary = infix.get(value);
    if (binary === undefined || binary.strength <= loosest) return undefined;
    this.#advance();
    const right = this.#expression(binary.strength);
    const { operator } = binary;
    return this.#made({ kind: 'binary', operator, left, right, start, end: this.#passed, at }, left, right);
  }

  #logic(kind: 'and' | 'or', first: Node, start: number): Logic {
    const operands = [first];
    const at = this.#token.start;
    while (this.#token.type === 'name' && this.#token.value === kind) {
      this.#advance();
      operands.push(this.#expression(strength[kind]));
    }
    return this.#made({ kind, operands, start, end: this.#passed, at }, ...operands);
  }

  /** A part with all the fields and elements that are taken from it. */
  #accesses(container: Node, start: number): Node {
    let node = container;
    while (this.#isSymbol('.') || this.#isSymbol('[')) node = this.#access(node, start);
    return node;
  }

  #access(container: Node, start: number): Node {
    const dotted = this.#isSymbol('.');
    this.#advance();
    const token = this.#token;
    let key: Node;
    if (dotted) {
      if (token.type !== 'name') this.#failAtToken('the name of a field (quote other names: x["a-b"])');
      this.#advance();
      key = this.#literal(token, token.value);
    } else {
      key = this.#expression(strength.any);
      this.#expect(']');
    }
    const { start: at } = token;
    return this.#made({ kind: 'access', container, key, dotted, start, end: this.#passed, at }, container, key);
  }

  #integer(token: Token, digits: string, start: number): Literal {
    const value = digits.length <= 15 ? Number(digits) + 0 : this.#largeInteger(digits, start);
    return this.#made({ kind: 'literal', value, start, end: token.end, at: start });
  }

  #largeInteger(digits: string, start: number): Value {
    const exact = BigInt(digits);
    if (BigInt.asIntN(64, exact) !== exact) {
      throw new ExpressionError(
        'overflow',
        'An integer has at most 64 bits; write a decimal, such as 1.0, for a larger number',
        {
          text: this.#lexer.text,
          offset: start,
        },
      );
    }
    return compactInteger(exact);
  }

  #decimal(token: Token): Value {
    const double = Number(token.value);
    if (!Number.isFinite(double)) {
      const message = 'A decimal must be below 1.8e308, what a float can hold';
      throw new ExpressionError('overflow', message, { text: this.#lexer.text, offset: token.start });
    }
    return Number.isInteger(double) ? float(double) : double;
  }

  #literal({ start, end }: Token, value: Value): Literal {
    return this.#made({ kind: 'literal', value, start, end, at: start });
  }

  /** Records how deep a part is, and refuses one that is too deep. */
  #made<N extends Node>(node: N, ...children: readonly Node[]): N {
    let height = 1;
    for (const child of children) height = Math.max(height, 1 + (this.#heights.get(child) ?? 0));
    if (height > deepestExpression) this.#failForDepth(node.at);
    this.#heights.set(node, height);
    return node;
  }

  #advance(): void {
    this.#passed = this.#token.end;
    this.#token = this.#lexer.next();
  }

  #isSymbol(value: string): boolean {
    return this.#token.type === 'symbol' && this.#token.value === value;
  }

  #expect(symbol: string, or?: string): void {
    if (!this.#isSymbol(symbol)) this.#failAtToken(or === undefined ? `"${symbol}"` : `${or} or "${symbol}"`);
    this.#advance();
  }

  #failAtToken(expected: string): never {
    const { type, value, start } = this.#token;
    const found = type === 'end' ? 'the expression ends' : `${describe(type, value)} stands`;
    const message = `Expected ${expected}, but here ${found}`;
    return this.#fail(start, message);
  }

  #failForDepth(offset: number): never {
    return this.#fail(offset, `The expression is nested deeper than ${deepestExpression} levels; split it up`);
  }

  #fail(offset: number, message: string): never {
    throw new ExpressionError('parse', message, { text: this.#lexer.text, offset });
  }
}

function describe(type: Token['type'], value: string): string {
  switch (type) {
    case 'string':
      return 'a string';
    case 'integer':
    case 'decimal':
      return `the number ${value}`;
    case 'name':
      return keywords.includes(value) ? `the word "${value}"` : `the name "${value}"`;
    default:
      return `"${value}"`;
  }
}
