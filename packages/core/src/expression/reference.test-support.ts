import { RE2JS } from 're2js';
import type { Json } from '../json.ts';
import type { ExpressionErrorKind } from './error.ts';

/** The language once more, slow and obvious, to compare the real evaluator with. It shares no code with it: every number carries
 *  its type, strings are lists of characters, the parser has one function per precedence level. It knows no budget but for what
 *  would take forever, and no advice in its errors. */

type V =
  | { t: 'null' }
  | { t: 'bool'; v: boolean }
  | { t: 'int'; v: bigint }
  | { t: 'float'; v: number }
  | { t: 'str'; v: string[] }
  | { t: 'list'; v: V[] }
  | { t: 'map'; v: Map<string, V> };

export class Wrong extends Error {
  readonly kind: ExpressionErrorKind;
  constructor(kind: ExpressionErrorKind) {
    super(kind);
    this.kind = kind;
  }
}

function wrong(kind: ExpressionErrorKind): never {
  throw new Wrong(kind);
}

export interface ReferenceScope {
  values: Readonly<Record<string, Json>>;
  functions: Readonly<Record<string, Json>>;
  missing: 'null' | 'error';
}

/** @throws Wrong */
export const evaluateSlowly = (text: string, scope: ReferenceScope): Json => toJson(parse(text)(scope));

// Parsing: text to a function of the scope.

type Run = (scope: ReferenceScope) => V;
interface Tok {
  type: 'int' | 'dec' | 'str' | 'word' | 'sym' | 'end';
  text: string;
}

function tokens(text: string): Tok[] {
  const found: Tok[] = [];
  let rest = text;
  for (;;) {
    rest = rest.replace(/^[ \t\r\n]+/, '');
    if (rest === '') return [...found, { type: 'end', text: '' }];
    const afterDot = found.at(-1)?.text === '.' && found.at(-1)?.type === 'sym';
    const take = (type: Tok['type'], pattern: RegExp): boolean => {
      const match = pattern.exec(rest);
      if (match === null) return false;
      found.push({ type, text: match[0] });
      rest = rest.slice(match[0].length);
      return true;
    };
    if (afterDot && take('word', /^\w+/)) continue;
    if (take('word', /^[A-Za-z_]\w*/)) continue;
    if (take('dec', /^\d+\.\d+(?![\dA-Za-z_])/)) continue;
    if (/^\d+\.\d+/.test(rest)) wrong('parse');
    if (take('int', /^\d+(?![\dA-Za-z_])/)) continue;
    if (take('str', /^"(?:[^"\\]|\\[\s\S])*"/)) continue;
    if (take('str', /^'(?:[^'\\]|\\[\s\S])*'/)) continue;
    if (take('sym', /^(==|!=|<=|>=|[<>()[\],.+*/%-])/)) continue;
    wrong('parse');
  }
}

function unquote(text: string): string {
  const quote = text.charAt(0);
  const known: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', [quote]: quote };
  return text.slice(1, -1).replace(/\\([\s\S])/g, (whole, next: string) => known[next] ?? whole);
}

const reserved = ['and', 'or', 'not', 'in', 'true', 'false', 'null'];

function parse(text: string): Run {
  const list = tokens(text);
  let at = 0;
  const peek = (): Tok => list[at] ?? { type: 'end', text: '' };
  const next = (): Tok => {
    const token = peek();
    at += 1;
    return token;
  };
  const isSym = (symbol: string) => peek().type === 'sym' && peek().text === symbol;
  const isWord = (word: string) => peek().type === 'word' && peek().text === word;
  const expect = (symbol: string) => (isSym(symbol) ? next() : wrong('parse'));

  const or = (): Run => logic('or', and);
  const and = (): Run => logic('and', not);
  function logic(word: 'or' | 'and', operand: () => Run): Run {
    let left = operand();
    while (isWord(word)) {
      next();
      const before = left;
      const right = operand();
      left = (s) => {
        const first = truth(before(s));
        return bool(word === 'or' ? first || truth(right(s)) : first && truth(right(s)));
      };
    }
    return left;
  }
  function not(): Run {
    if (!isWord('not')) return comparison();
    next();
    const operand = not();
    return (s) => bool(!truth(operand(s)));
  }
  const comparison = (): Run => chain(sum, ['==', '!=', '<', '>', '<=', '>=', 'in']);
  const sum = (): Run => chain(product, ['+', '-']);
  const product = (): Run => chain(unary, ['*', '/', '%']);
  function chain(operand: () => Run, operators: string[]): Run {
    let left = operand();
    while (operators.includes(peek().text) && (peek().type === 'sym' || isWord('in'))) {
      const operator = next().text;
      const before = left;
      const right = operand();
      left = (s) => {
        const a = before(s);
        return binary(operator, a, right(s));
      };
    }
    return left;
  }
  function unary(): Run {
    if (!isSym('-')) return postfix();
    next();
    // the sign of a plain integer belongs to it, as in -9223372036854775808
    const after = list[at + 1];
    if (peek().type === 'int' && after?.text !== '.' && after?.text !== '[')
      return literal(within(-BigInt(next().text)));
    const operand = unary();
    return (s) => {
      const value = operand(s);
      return isNumber(value) ? arithmetic('-', { t: 'int', v: 0n }, value) : wrong('type');
    };
  }
  function postfix(): Run {
    let value = primary();
    for (;;) {
      const before = value;
      if (isSym('.')) {
        next();
        const token = next();
        if (token.type !== 'word') wrong('parse');
        value = (s) => access(before(s), str(token.text), true, s.missing);
      } else if (isSym('[')) {
        next();
        const key = or();
        expect(']');
        value = (s) => {
          const container = before(s);
          return access(container, key(s), false, s.missing);
        };
      } else {
        if (isSym('(')) wrong('parse');
        return value;
      }
    }
  }
  function primary(): Run {
    const token = next();
    if (token.type === 'int') return literal(within(BigInt(token.text)));
    if (token.type === 'dec') return literal({ t: 'float', v: Number(token.text) });
    if (token.type === 'str') return literal(str(unquote(token.text)));
    if (token.type === 'sym' && token.text === '(') {
      const inner = or();
      expect(')');
      return inner;
    }
    if (token.type === 'sym' && token.text === '[') {
      const elements = items(']', true);
      return (s) => ({ t: 'list', v: elements.map((element) => element(s)) });
    }
    if (token.type !== 'word') return wrong('parse');
    if (token.text === 'true' || token.text === 'false') return literal(bool(token.text === 'true'));
    if (token.text === 'null') return literal({ t: 'null' });
    if (reserved.includes(token.text)) return wrong('parse');
    if (!isSym('(')) return (s) => lookUp(token.text, s);
    next();
    const values = items(')', false);
    return (s) => call(token.text, values, s);
  }
  function items(close: string, mayTrail: boolean): Run[] {
    const found: Run[] = [];
    for (;;) {
      if (isSym(close) && (found.length === 0 || mayTrail)) break;
      found.push(or());
      if (isSym(close)) break;
      expect(',');
    }
    expect(close);
    return found;
  }
  const literal =
    (value: V): Run =>
    () =>
      value;

  const run = or();
  return peek().type === 'end' ? run : wrong('parse');
}

// Values.

const bool = (v: boolean): V => ({ t: 'bool', v });
const int = (v: bigint | number): V => ({ t: 'int', v: BigInt(v) });
const str = (text: string): V => ({ t: 'str', v: Array.from(text) });
const isNumber = (value: V): value is Extract<V, { t: 'int' | 'float' }> => value.t === 'int' || value.t === 'float';
const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;
const fits = (v: bigint) => v >= least && v <= most;
const within = (v: bigint): V => (fits(v) ? int(v) : wrong('overflow'));
const float = (v: number): V => (Number.isFinite(v) ? { t: 'float', v: v === 0 ? 0 : v } : wrong('overflow'));
/** A number that takes part in a calculation. */
const operand = (value: V): V => (value.t === 'int' && !fits(value.v) ? wrong('overflow') : value);
const double = (value: V): number => (isNumber(value) ? Number(value.v) : wrong('type'));

function fromJson(json: Json): V {
  if (json === null) return { t: 'null' };
  if (typeof json === 'boolean') return bool(json);
  if (typeof json === 'bigint') return int(json);
  if (typeof json === 'number') return Number.isInteger(json) ? int(json) : { t: 'float', v: json };
  if (typeof json === 'string') return str(json);
  if (Array.isArray(json)) return { t: 'list', v: json.map(fromJson) };
  return { t: 'map', v: new Map(Object.entries(json).map(([key, value]) => [key, fromJson(value)])) };
}

function toJson(value: V): Json {
  switch (value.t) {
    case 'null':
      return null;
    case 'bool':
    case 'float':
      return value.v;
    case 'int':
      return BigInt(Number(value.v)) === value.v && Number.isSafeInteger(Number(value.v)) ? Number(value.v) : value.v;
    case 'str':
      return value.v.join('');
    case 'list':
      return value.v.map(toJson);
    case 'map':
      return Object.fromEntries([...value.v].map(([key, member]) => [key, toJson(member)]));
  }
}

function truth(value: V): boolean {
  switch (value.t) {
    case 'null':
      return false;
    case 'bool':
      return value.v;
    case 'int':
      return value.v !== 0n;
    case 'float':
      return value.v !== 0;
    case 'str':
    case 'list':
      return value.v.length > 0;
    case 'map':
      return value.v.size > 0;
  }
}

function same(a: V, b: V): boolean {
  if (isNumber(a) && isNumber(b)) return compareExactly(a, b) === 0;
  if (a.t === 'null' && b.t === 'null') return true;
  if (a.t === 'bool' && b.t === 'bool') return a.v === b.v;
  if (a.t === 'str' && b.t === 'str') return a.v.join('') === b.v.join('');
  if (a.t === 'list' && b.t === 'list')
    return a.v.length === b.v.length && a.v.every((one, i) => same(one, at(b.v, i)));
  if (a.t !== 'map' || b.t !== 'map' || a.v.size !== b.v.size) return false;
  return [...a.v].every(([key, one]) => {
    const other = b.v.get(key);
    return other !== undefined && same(one, other);
  });
}

const at = (list: V[], index: number): V => list[index] ?? wrong('out_of_bounds');

function compareExactly(a: V, b: V): number {
  if (!isNumber(a) || !isNumber(b)) return wrong('type');
  return a.v < b.v ? -1 : a.v > b.v ? 1 : 0;
}

function comparePoints(a: string[], b: string[]): number {
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const difference = (a[i]?.codePointAt(0) ?? 0) - (b[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const allOf = (list: V[]): 'numbers' | 'strings' | 'mixed' =>
  list.every(isNumber) ? 'numbers' : list.every((one) => one.t === 'str') ? 'strings' : 'mixed';

function ordering(a: V, b: V): number {
  if (isNumber(a) && isNumber(b)) return compareExactly(operand(a), operand(b));
  if (a.t === 'str' && b.t === 'str') return comparePoints(a.v, b.v);
  if (a.t !== 'list' || b.t !== 'list' || allOf([...a.v, ...b.v]) === 'mixed') return wrong('type');
  for (let i = 0; i < a.v.length && i < b.v.length; i += 1) {
    const found = ordering(at(a.v, i), at(b.v, i));
    if (found !== 0) return found;
  }
  return a.v.length - b.v.length;
}

function lookUp(name: string, scope: ReferenceScope): V {
  const found = Object.entries(scope.values).find(([key]) => key === name);
  if (found === undefined) return scope.missing === 'null' ? { t: 'null' } : wrong('not_found');
  return fromJson(found[1]);
}

function part(container: V, key: V, dotted: boolean): V | ExpressionErrorKind {
  if (isNumber(key)) operand(key);
  if (container.t === 'map') return key.t === 'str' ? (container.v.get(key.v.join('')) ?? 'not_found') : 'type';
  if (container.t !== 'list' && container.t !== 'str') return 'type';
  let index: bigint;
  if (key.t === 'int') index = key.v;
  else if (key.t === 'str' && dotted && container.t === 'list' && /^\d+$/.test(key.v.join('')))
    index = BigInt(key.v.join(''));
  else return 'type';
  const place = Number(index < 0n ? index + BigInt(container.v.length) : index);
  if (place < 0 || place >= container.v.length) return 'out_of_bounds';
  return container.t === 'list' ? at(container.v, place) : { t: 'str', v: container.v.slice(place, place + 1) };
}

function access(container: V, key: V, dotted: boolean, missing: 'null' | 'error'): V {
  const found = part(container, key, dotted);
  if (typeof found !== 'string') return found;
  return missing === 'null' ? { t: 'null' } : wrong(found);
}

function binary(operator: string, a: V, b: V): V {
  switch (operator) {
    case '==':
      return bool(same(a, b));
    case '!=':
      return bool(!same(a, b));
    case '<':
      return bool(ordering(a, b) < 0);
    case '>':
      return bool(ordering(a, b) > 0);
    case '<=':
      return bool(ordering(a, b) <= 0);
    case '>=':
      return bool(ordering(a, b) >= 0);
    case 'in':
      return bool(isIn(a, b));
    case '+':
      if (a.t === 'str' && b.t === 'str') return { t: 'str', v: [...a.v, ...b.v] };
      if (a.t === 'list' && b.t === 'list') return { t: 'list', v: [...a.v, ...b.v] };
      return arithmetic('+', a, b);
    default:
      return arithmetic(operator, a, b);
  }
}

function isIn(a: V, b: V): boolean {
  if (b.t === 'list') return b.v.some((one) => same(a, one));
  if (a.t !== 'str') return wrong('type');
  if (b.t === 'map') return b.v.has(a.v.join(''));
  return b.t === 'str' ? placesOf(b.v, a.v).length > 0 : wrong('type');
}

/** Where a part occurs, without overlap. */
function placesOf(whole: string[], sought: string[]): number[] {
  const places: number[] = [];
  for (let i = 0; i + sought.length <= whole.length;) {
    const isHere = sought.every((character, j) => whole[i + j] === character);
    if (isHere) places.push(i);
    i += isHere ? Math.max(1, sought.length) : 1;
  }
  return places;
}

function arithmetic(operator: string, left: V, right: V): V {
  if (!isNumber(left) || !isNumber(right)) return wrong('type');
  const a = operand(left);
  const b = operand(right);
  if ((operator === '/' || operator === '%') && double(b) === 0) return wrong('division_by_zero');
  if (a.t === 'int' && b.t === 'int') {
    switch (operator) {
      case '+':
        return within(a.v + b.v);
      case '-':
        return within(a.v - b.v);
      case '*':
        return within(a.v * b.v);
      case '%':
        return within(a.v % b.v);
      default:
        return a.v % b.v === 0n ? within(a.v / b.v) : float(double(a) / double(b));
    }
  }
  switch (operator) {
    case '+':
      return float(double(a) + double(b));
    case '-':
      return float(double(a) - double(b));
    case '*':
      return float(double(a) * double(b));
    case '%':
      return float(double(a) % double(b));
    default:
      return float(double(a) / double(b));
  }
}

function write(value: V): string {
  switch (value.t) {
    case 'str':
      return JSON.stringify(value.v.join(''));
    case 'list':
      return `[${value.v.map(write).join(',')}]`;
    case 'map':
      return `{${[...value.v]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`)
        .join(',')}}`;
    case 'null':
      return 'null';
    default:
      return value.v.toString();
  }
}

// Functions. A type is a letter: ? any, n number, i integer, s string, l list, m map, b boolean; * marks what may be left out.

const asText = (value: V): string => (value.t === 'str' ? value.v.join('') : write(value));
const chars = (value: V | undefined): string[] => (value?.t === 'str' ? value.v : wrong('type'));
const elements = (value: V | undefined): V[] => (value?.t === 'list' ? value.v : wrong('type'));
const members = (value: V | undefined): Map<string, V> => (value?.t === 'map' ? value.v : wrong('type'));
const integer = (value: V | undefined): bigint => (value?.t === 'int' ? value.v : wrong('type'));
const sortedKeys = (map: Map<string, V>) => [...map.keys()].sort((a, b) => comparePoints(Array.from(a), Array.from(b)));

function toInt(value: V, round: (v: number) => number): V {
  const number = operand(value);
  return number.t === 'int' ? number : within(BigInt(round(double(number))));
}

function numberFrom(value: V): V {
  if (value.t === 'bool') return int(value.v ? 1 : 0);
  if (value.t !== 'str') return operand(value);
  const text = value.v.join('').trim();
  if (!/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return wrong('type');
  const whole = /^\+?(-?\d+)(?:\.0+)?$/.exec(text)?.[1];
  if (whole !== undefined) return within(BigInt(whole));
  const number = float(Number(text));
  return number.t === 'float' && Number.isInteger(number.v) ? within(BigInt(number.v)) : number;
}

function halfAway(v: number): number {
  const up = v < 0 ? -1 : 1;
  const whole = Math.trunc(v);
  return (v - whole) * up >= 0.5 ? whole + up : whole;
}

function either(a: V, b: V, first: (order: number) => boolean): V {
  if (a.t === 'str' && b.t === 'str') return first(comparePoints(a.v, b.v)) ? a : b;
  if (a.t === 'str' || b.t === 'str') return wrong('type');
  return first(compareExactly(a, b)) ? a : b;
}

function add(list: V[]): V {
  const numbers = list.map((one) => (isNumber(one) ? operand(one) : wrong('type')));
  if (numbers.every((one) => one.t === 'int')) return within(numbers.reduce((total, one) => total + one.v, 0n));
  return float(numbers.reduce((total, one) => total + double(one), 0));
}

function cut(value: V, start: bigint, end: bigint | undefined): V {
  if (start < 0n || (end ?? 0n) < 0n) return wrong('out_of_bounds');
  const length = value.t === 'str' || value.t === 'list' ? BigInt(value.v.length) : 0n;
  const from = Number(start > length ? length : start);
  const to = Number(end === undefined || end > length ? length : end);
  if (value.t === 'str') return { t: 'str', v: value.v.slice(from, to) };
  return { t: 'list', v: elements(value).slice(from, to) };
}

function span(a: bigint, b: bigint): V {
  if (b - a > 1_000_000n) return wrong('budget');
  const list: V[] = [];
  for (let i = a; i < b; i += 1n) list.push(int(i));
  return { t: 'list', v: list };
}

function pieces(text: string[], separator: string[]): V {
  if (separator.length === 0) return { t: 'list', v: text.map((one) => str(one)) };
  const list: V[] = [];
  let from = 0;
  for (const place of placesOf(text, separator)) {
    list.push({ t: 'str', v: text.slice(from, place) });
    from = place + separator.length;
  }
  return { t: 'list', v: [...list, { t: 'str', v: text.slice(from) }] };
}

function substitute(text: string[], old: string[], fresh: string[]): V {
  if (old.length === 0) return { t: 'str', v: [...fresh, ...text.flatMap((one) => [one, ...fresh])] };
  const list = elements(pieces(text, old)).map(chars);
  return { t: 'str', v: list.flatMap((one, i) => (i === 0 ? one : [...fresh, ...one])) };
}

function search(pattern: string, text: string): boolean {
  try {
    return RE2JS.compile(pattern).matcher(text).find();
  } catch {
    return wrong('pattern');
  }
}

function sorted(list: V[]): V[] {
  if (allOf(list) === 'mixed') wrong('type');
  list.filter(isNumber).forEach(operand);
  const done: V[] = [];
  for (const one of list) {
    const place = done.findIndex((other) => ordering(other, one) > 0);
    done.splice(place === -1 ? done.length : place, 0, one);
  }
  return done;
}

function chunked(list: V[], n: bigint): V {
  if (n < 1n) return wrong('out_of_bounds');
  const found: V[][] = [];
  for (const one of list) {
    const last = found.at(-1);
    if (last === undefined || BigInt(last.length) >= n) found.push([one]);
    else last.push(one);
  }
  return { t: 'list', v: found.map((v) => ({ t: 'list', v })) };
}

function dig(value: V, key: V, fallback: V | undefined): V {
  let found: V | ExpressionErrorKind = value;
  for (const step of key.t === 'list' ? key.v : [key]) {
    found = typeof found === 'string' ? found : part(found, step, false);
  }
  return typeof found === 'string' ? (fallback ?? { t: 'null' }) : found;
}

const listOf = (v: V[]): V => ({ t: 'list', v });
const kinds = {
  null: 'null',
  bool: 'bool',
  int: 'number',
  float: 'number',
  str: 'string',
  list: 'array',
  map: 'object',
};

type Define = [parameters: string, apply: (a: V, b: V, c: V | undefined, b_or_none: V | undefined) => V];
export const referenceFunctions: Readonly<Record<string, Define>> = {
  string: ['?', (a) => str(asText(a))],
  bool: ['?', (a) => bool(truth(a))],
  number: ['nsb', (a) => numberFrom(a)],
  int: ['nsb', (a) => toInt(numberFrom(a), Math.trunc)],
  type_of: ['?', (a) => str(kinds[a.t])],
  length: ['slm', (a) => int(a.t === 'map' ? a.v.size : a.t === 'str' || a.t === 'list' ? a.v.length : 0)],
  keys: ['m', (a) => listOf(sortedKeys(members(a)).map((key) => str(key)))],
  values: ['m', (a) => listOf(sortedKeys(members(a)).map((key) => members(a).get(key) ?? wrong('not_found')))],
  abs: ['n', (a) => (double(a) < 0 ? arithmetic('-', int(0n), a) : a)],
  floor: ['n', (a) => toInt(a, Math.floor)],
  ceil: ['n', (a) => toInt(a, Math.ceil)],
  round: ['n', (a) => toInt(a, halfAway)],
  min: ['ns ns', (a, b) => either(a, b, (order) => order <= 0)],
  max: ['ns ns', (a, b) => either(a, b, (order) => order >= 0)],
  sum: ['l', (a) => add(elements(a))],
  lower: ['s', (a) => str(chars(a).join('').toLowerCase())],
  upper: ['s', (a) => str(chars(a).join('').toUpperCase())],
  trim: [
    's',
    (a) =>
      str(
        chars(a)
          .join('')
          .replace(/^\s+|\s+$/g, ''),
      ),
  ],
  replace: ['s s s', (a, b, c) => substitute(chars(a), chars(b), chars(c))],
  split: ['s s', (a, b) => pieces(chars(a), chars(b))],
  join: ['l s', (a, b) => str(elements(a).map(asText).join(asText(b)))],
  starts_with: ['s s', (a, b) => bool(chars(b).every((one, i) => chars(a)[i] === one))],
  ends_with: [
    's s',
    (a, b) =>
      bool(
        chars(b)
          .toReversed()
          .every((one, i) => chars(a).toReversed()[i] === one),
      ),
  ],
  match: ['s s', (a, b) => bool(search(asText(a), asText(b)))],
  contains: ['? ?', (a, b) => bool(isIn(b, a))],
  index_of: [
    'sl ?',
    (a, b) =>
      a.t === 'str' ? int(placesOf(a.v, chars(b))[0] ?? -1) : int(elements(a).findIndex((one) => same(one, b))),
  ],
  count: [
    'sl ?',
    (a, b) => int((a.t === 'str' ? placesOf(a.v, chars(b)) : elements(a).filter((one) => same(one, b))).length),
  ],
  slice: ['sl i i*', (a, b, c) => cut(a, integer(b), c === undefined ? undefined : integer(c))],
  reversed: ['sl', (a) => (a.t === 'str' ? { t: 'str', v: a.v.toReversed() } : listOf(elements(a).toReversed()))],
  get: ['? sil ?*', (a, b, c) => dig(a, b, c)],
  merge: ['m m', (a, b) => ({ t: 'map', v: new Map([...members(a), ...members(b)]) })],
  sort: ['l', (a) => listOf(sorted(elements(a)))],
  unique: ['l', (a) => listOf(elements(a).filter((one, i, all) => all.findIndex((other) => same(one, other)) === i))],
  flat: ['l', (a) => listOf(elements(a).flatMap((one) => (one.t === 'list' ? one.v : [one])))],
  zip: [
    'l l',
    (a, b) =>
      listOf(
        elements(a)
          .slice(0, elements(b).length)
          .map((one, i) => listOf([one, at(elements(b), i)])),
      ),
  ],
  chunks: ['l i', (a, b) => chunked(elements(a), integer(b))],
  range: ['i i*', (a, _b, _c, b) => (b === undefined ? span(0n, integer(a)) : span(integer(a), integer(b)))],
};

function call(name: string, runs: Run[], scope: ReferenceScope): V {
  const own = Object.entries(scope.functions).find(([key]) => key === name);
  if (own !== undefined) return fromJson(own[1]);
  const found = Object.entries(referenceFunctions).find(([key]) => key === name)?.[1];
  if (found === undefined) return wrong('unknown_function');
  const parameters = found[0].split(' ');
  const required = parameters.filter((one) => !one.endsWith('*')).length;
  if (runs.length < required || runs.length > parameters.length) return wrong('argument_count');
  const values = runs.map((run) => run(scope));
  const taken = values.map((value, i) => {
    const types = parameters[i] ?? '';
    if (types.startsWith('?')) return value;
    if (isNumber(value) && /[ni]/.test(types)) operand(value);
    const letters = { null: '', bool: 'b', int: 'ni', float: 'n', str: 's', list: 'l', map: 'm' }[value.t];
    return Array.from(letters).some((letter) => types.includes(letter)) ? value : wrong('type');
  });
  const nothing: V = { t: 'null' };
  return found[1](taken[0] ?? nothing, taken[1] ?? nothing, taken[2], taken[1]);
}
