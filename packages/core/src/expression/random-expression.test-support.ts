import fc from 'fast-check';
import type { Json } from '../json.ts';
import { referenceFunctions } from './reference.test-support.ts';

/** Random expressions as text. Most are well-typed, so that they get far; some are not, and some are no expressions at all. */

type Type = 'number' | 'string' | 'bool' | 'list' | 'map';
const types: readonly Type[] = ['number', 'string', 'bool', 'list', 'map'];

export const scopeValues: Readonly<Record<string, Json>> = {
  n: 7,
  negative: -3,
  zero: 0,
  ratio: 2.5,
  tiny: -0.125,
  largest: 9223372036854775807n,
  smallest: -9223372036854775808n,
  beyond: 99999999999999999999n,
  spelt: 1e17,
  text: 'refs/heads/main',
  empty: '',
  wide: 'añ😀b\uffee😀',
  digits: ' 42 ',
  yes: true,
  no: false,
  nothing: null,
  ints: [3, 1, 2, 3],
  mixed: [1, 'a', null, 2.5, [1], { k: 1 }],
  words: ['b', 'a', '😀', '\uffee', 'a'],
  nested: [[1, 2], [3], []],
  none: [],
  user: { name: 'Ann', age: 31, tags: ['x', 'y'], 'odd key': { deep: true }, '2fa': false },
  blank: {},
};

export const scopeFunctions: Readonly<Record<string, Json>> = {
  result: { code: 0, data: [1, 2, { k: 'v' }] },
  succeeded: true,
};

const names: Record<Type, string[]> = {
  number: [
    'n',
    'negative',
    'zero',
    'ratio',
    'tiny',
    'largest',
    'smallest',
    'beyond',
    'spelt',
    'user.age',
    'result().code',
  ],
  string: ['text', 'empty', 'wide', 'digits', 'user.name', 'words[0]', 'user["name"]'],
  bool: ['yes', 'no', 'succeeded()', 'user.2fa', 'user["odd key"].deep'],
  list: ['ints', 'mixed', 'words', 'nested', 'none', 'user.tags', 'result().data', 'nested.0'],
  map: ['user', 'blank', 'user["odd key"]', 'result()', 'mixed[5]'],
};

const literals: Record<Type, fc.Arbitrary<string>> = {
  number: fc.oneof(
    fc.integer({ min: -5, max: 5 }).map(String),
    fc.constantFrom(
      '0',
      '0.0',
      '1.0',
      '2.5',
      '0.1',
      '100',
      '9007199254740993',
      '9223372036854775807',
      '-9223372036854775808',
    ),
    fc.constantFrom('9223372036854775808', '1152921504606846976.0', '007', '3.999999999999999999999'),
  ),
  string: fc.constantFrom(
    `"a"`,
    `'b'`,
    `""`,
    `'refs/'`,
    `"ñ"`,
    `'😀'`,
    `"it's"`,
    `'a\\'b'`,
    `"x\\ty"`,
    `"\\d+"`,
    `"1.5"`,
    `"12"`,
    `'1e3'`,
    `","`,
    `"}}"`,
    `"name"`,
    `"(a"`,
    `"[a-c]+"`,
  ),
  bool: fc.constantFrom('true', 'false'),
  list: fc.constantFrom('[]', '[1, 2, 3,]', '["a", "b"]', '[[1], 2]', '[null, true]', '[1.0, 1]'),
  map: fc.constantFrom('user', 'blank'),
};

/** Parameter types of the functions by what they answer. */
const calls: Record<Type, [name: string, ...parameters: (Type | 'any')[]][]> = {
  number: [
    ['number', 'string'],
    ['int', 'number'],
    ['int', 'string'],
    ['length', 'list'],
    ['length', 'string'],
    ['length', 'map'],
    ['abs', 'number'],
    ['floor', 'number'],
    ['ceil', 'number'],
    ['round', 'number'],
    ['min', 'number', 'number'],
    ['max', 'number', 'number'],
    ['sum', 'list'],
    ['index_of', 'list', 'any'],
    ['index_of', 'string', 'string'],
    ['count', 'list', 'any'],
    ['count', 'string', 'string'],
  ],
  string: [
    ['string', 'any'],
    ['type_of', 'any'],
    ['lower', 'string'],
    ['upper', 'string'],
    ['trim', 'string'],
    ['replace', 'string', 'string', 'string'],
    ['join', 'list', 'string'],
    ['slice', 'string', 'number'],
    ['slice', 'string', 'number', 'number'],
    ['reversed', 'string'],
    ['min', 'string', 'string'],
    ['max', 'string', 'string'],
  ],
  bool: [
    ['bool', 'any'],
    ['starts_with', 'string', 'string'],
    ['ends_with', 'string', 'string'],
    ['match', 'string', 'string'],
    ['contains', 'list', 'any'],
    ['contains', 'string', 'string'],
    ['contains', 'map', 'string'],
  ],
  list: [
    ['keys', 'map'],
    ['values', 'map'],
    ['split', 'string', 'string'],
    ['slice', 'list', 'number'],
    ['slice', 'list', 'number', 'number'],
    ['reversed', 'list'],
    ['sort', 'list'],
    ['unique', 'list'],
    ['flat', 'list'],
    ['zip', 'list', 'list'],
    ['chunks', 'list', 'number'],
    ['range', 'number'],
    ['range', 'number', 'number'],
  ],
  map: [
    ['merge', 'map', 'map'],
    ['get', 'map', 'string', 'map'],
    ['get', 'list', 'number', 'map'],
  ],
};

const functionNames = Object.keys(referenceFunctions);
const space = fc.constantFrom('', ' ', ' ', '\n', '  ');
const join = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))).map((all) => all.join(''));

const { any } = fc.letrec<Record<Type | 'any', string>>((tie) => {
  const of = (type: Type | 'any'): fc.Arbitrary<string> =>
    type === 'any' ? tie('any') : fc.oneof({ weight: 12, arbitrary: tie(type) }, { weight: 1, arbitrary: tie('any') });
  const infix = (left: fc.Arbitrary<string>, operators: string[], right: fc.Arbitrary<string>) =>
    join(left, ' ', fc.constantFrom(...operators), ' ', right);
  const leaf = (type: Type) => fc.oneof(literals[type], fc.constantFrom(...names[type]));
  const call = (type: Type) =>
    fc.constantFrom(...calls[type]).chain(([name, ...parameters]) =>
      join(
        name,
        '(',
        space,
        fc.tuple(...parameters.map(of)).map((values) => values.join(', ')),
        ')',
      ),
    );
  const operations: Record<Type, fc.Arbitrary<string>[]> = {
    number: [
      infix(of('number'), ['+', '-', '*', '/', '%'], of('number')),
      infix(of('number'), ['+', '-', '*', '/', '%'], of('number')),
      join('-', space, of('number')),
      join(of('list'), '[', of('number'), ']'),
    ],
    string: [infix(of('string'), ['+'], of('string')), join('(', of('string'), ')[', of('number'), ']')],
    bool: [
      infix(of('bool'), ['and', 'or'], of('bool')),
      infix(of('bool'), ['and', 'or'], of('bool')),
      join('not ', of('bool')),
      infix(of('any'), ['==', '!='], of('any')),
      infix(of('number'), ['<', '>', '<=', '>=', '==', '!='], of('number')),
      infix(of('string'), ['<', '>', '<=', '>=', '==', 'in'], of('string')),
      infix(of('list'), ['<', '>', '<=', '>=', '=='], of('list')),
      infix(of('any'), ['in'], of('list')),
      infix(of('string'), ['in'], of('map')),
    ],
    list: [
      infix(of('list'), ['+'], of('list')),
      join(
        '[',
        fc.array(of('any'), { maxLength: 3 }).map((all) => all.join(', ')),
        ']',
      ),
    ],
    map: [],
  };
  const typed = (type: Type) =>
    fc.oneof(
      { maxDepth: 5, depthSize: 'medium', depthIdentifier: 'expression' },
      { weight: 2, arbitrary: leaf(type) },
      { weight: 2, arbitrary: call(type) },
      ...operations[type].map((arbitrary) => ({ weight: 1, arbitrary })),
      { weight: 2, arbitrary: join('(', space, tie(type), space, ')') },
    );
  return {
    number: typed('number'),
    string: typed('string'),
    bool: typed('bool'),
    list: typed('list'),
    map: typed('map'),
    any: fc.oneof(
      ...types.map((type) => ({ weight: 8, arbitrary: of(type) })),
      {
        weight: 1,
        arbitrary: fc.constantFrom('null', 'nothing', 'nope', 'user.nope', 'user.name.nope', 'ints[9]', 'nope()'),
      },
      {
        weight: 1,
        arbitrary: join(
          fc.constantFrom(...functionNames),
          '(',
          fc.array(of('any'), { maxLength: 4 }).map((all) => all.join(', ')),
          ')',
        ),
      },
    ),
  };
});

const token = fc.oneof(
  fc.constantFrom(
    'and',
    'or',
    'not',
    'in',
    '==',
    '!=',
    '<=',
    '<',
    '+',
    '-',
    '*',
    '/',
    '%',
    '.',
    ',',
    '(',
    ')',
    '[',
    ']',
  ),
  fc.constantFrom(
    'n',
    'text',
    'ints',
    'user',
    'name',
    'length',
    'true',
    'null',
    '1',
    '2.5',
    '0',
    '"a"',
    "'b'",
    'result()',
  ),
  fc.constantFrom('=', '!', '"', "'", '\\', '#', '1a', '1.', '.5', '1e3', '_x', 'AND', '{', '&&', '\u00a0'),
);

/** What a careless author types. */
const soup = fc
  .array(fc.tuple(token, fc.constantFrom('', ' ')), { minLength: 1, maxLength: 9 })
  .map((parts) => parts.map((pair) => pair.join('')).join(''));

export const randomExpression: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: any },
  { weight: 1, arbitrary: soup },
);
