import { describe, expect, test } from 'vitest';
import { deepestExpression, longestExpression } from './budget.ts';
import { parseCondition, parseExpression } from './expression.ts';
import { errorOf, faultOf, valueOf } from './given.test-support.ts';
import { holds } from './evaluate.ts';
import { scopeOf } from './scope.ts';

describe('precedence', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['100 / 10 / 2', 5],
    ['7 % 4 * 2', 6],
    ['-2 * -3', 6],
    ['2 - -3', 5],
    ['- - 3', 3],
    ['-[1, 2][1]', -2],
    ['-5 + 3', -2],
    ['true or false and false', true],
    ['not false and false', false],
    ['not (false and false)', true],
    ['not 1 == 2', true],
    ['not not true', true],
    ['1 + 1 == 2', true],
    ['1 in [1] == true', true],
    ['1 < 2 == true', true],
    ['[1, 2,][0]', 1],
    ['[[1, 2], [3]][0][1]', 2],
    ['[]', []],
  ])('%s', (text, expected) => expect(valueOf(text)).toEqual(expected));
});

describe('literals', () => {
  test.each<[string, unknown]>([
    ['007', 7],
    ['1.50', 1.5],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['- 9223372036854775808', -9223372036854775808n],
    [String.raw`'a\n\t\r\\\''`, "a\n\t\r\\'"],
    [String.raw`"\d+\"\'"`, String.raw`\d+"\'`],
    [`'it"s'`, 'it"s'],
    ['"two\nlines"', 'two\nlines'],
    ['[true, false, null]', [true, false, null]],
  ])('%s', (text, expected) => expect(valueOf(text)).toEqual(expected));

  test('an integer literal is at most 64 bits wide', () => {
    expect(faultOf(() => parseExpression('1 + 9223372036854775808'))).toBe('overflow at 1:5');
    expect(faultOf(() => parseExpression('-9223372036854775809'))).toBe('overflow at 1:1');
    expect(faultOf(() => parseExpression('-9223372036854775808[0]'))).toBe('overflow at 1:2');
    expect(faultOf(() => parseExpression(`1${'0'.repeat(400)}.0`))).toBe('overflow at 1:1');
  });
});

test('keywords are names after a dot, and only in lower case', () => {
  expect(valueOf('x.and.not.in', { x: { and: { not: { in: 1 } } } })).toBe(1);
  expect(valueOf('And', { And: 5 })).toBe(5);
});

describe('what is no expression is refused where it goes wrong', () => {
  test.each([
    ['', '1:1', 'Expected a value, but here the expression ends'],
    ['1 +', '1:4', 'Expected a value, but here the expression ends'],
    ['1\n  + )', '2:5', 'Expected a value, but here ")" stands'],
    ['a b', '1:3', 'Expected an operator or the end, but here the name "b" stands'],
    ['[1 2]', '1:4', 'Expected "," or "]", but here the number 2 stands'],
    ['f(1', '1:4', 'Expected "," or ")"'],
    ['f(1,)', '1:5', 'Expected a value'],
    ['[,]', '1:2', 'Expected a value'],
    ['(1', '1:3', 'Expected ")"'],
    ['a.', '1:3', 'Expected the name of a field'],
    ['a."b"', '1:3', 'quote other names: x["a-b"]'],
    ['a.b(1)', '1:4', 'there are no methods'],
    ['(f)(1)', '1:4', 'Only a plain name can be called'],
    ['a = 1', '1:3', 'Write "=="'],
    ['!a', '1:1', 'Write "not"'],
    ['a && b', '1:3', 'Write "and"'],
    ['a || b', '1:3', 'Write "or"'],
    ['a | upper', '1:3', 'no filters'],
    ['a ? b', '1:3', 'get(value, key, default)'],
    ['{"a": 1}', '1:1', 'no object literals'],
    ['a not in b', '1:3', 'not (a in b)'],
    ['a == not b', '1:6', 'in parentheses'],
    ['1e3', '1:2', 'no exponent'],
    ['0x1F', '1:2', 'no exponent, prefix or unit'],
    ['1.', '1:3', 'Expected the name of a field'],
    ['.5', '1:1', 'Expected a value'],
    ['"abc', '1:1', 'close it with "'],
    ['“abc”', '1:1', 'straight quotes'],
    ['a\u00a0b', '1:2', 'has no meaning here'],
    ['a # b', '1:3', 'has no meaning here'],
    ['and', '1:1', 'the word "and"'],
  ])('%s', (text, place, message) => {
    const error = errorOf(() => parseExpression(text));
    expect(error.kind).toBe('parse');
    expect(`${error.position.line}:${error.position.column}`).toBe(place);
    expect(error.message).toContain(message);
  });
});

describe('limits', () => {
  test.each([
    ['brackets', (levels: number) => '('.repeat(levels - 1) + '1' + ')'.repeat(levels - 1)],
    ['lists', (levels: number) => '['.repeat(levels - 1) + '1' + ']'.repeat(levels - 1)],
    ['signs', (levels: number) => '- '.repeat(levels - 1) + 'x'],
    ['negations', (levels: number) => 'not '.repeat(levels - 1) + 'x'],
    ['sums', (levels: number) => 'x' + ' + x'.repeat(levels - 1)],
    ['fields', (levels: number) => 'x' + '.x'.repeat(levels - 1)],
    ['calls', (levels: number) => 'abs('.repeat(levels - 1) + 'x' + ')'.repeat(levels - 1)],
  ])('%s nest to the limit and no further', (_, nested) => {
    expect(() => parseExpression(nested(deepestExpression - 1))).not.toThrow();
    expect(() => parseExpression(nested(deepestExpression))).not.toThrow();
    const error = errorOf(() => parseExpression(nested(deepestExpression + 1)));
    expect(error.kind).toBe('parse');
    expect(error.message).toContain(`deeper than ${deepestExpression} levels`);
  });

  test('a chain of conditions is one level', () => {
    expect(valueOf(`${'false or '.repeat(1_000)}true`)).toBe(true);
    expect(valueOf(`${'true and '.repeat(1_000)}false`)).toBe(false);
  });

  test('an expression has its length', () => {
    const long = (length: number) => `"${'a'.repeat(length - 2)}"`;
    expect(() => parseExpression(long(longestExpression - 1))).not.toThrow();
    expect(() => parseExpression(long(longestExpression))).not.toThrow();
    expect(errorOf(() => parseExpression(long(longestExpression + 1))).message).toContain('at most 10000 characters');
  });
});

describe('conditions', () => {
  const condition = (text: string): boolean => holds(parseCondition(text), scopeOf({ n: 3, empty: [] }));

  test('stand bare or in braces', () => {
    expect(condition('n > 2')).toBe(true);
    expect(condition('{{ n > 2 }}')).toBe(true);
    expect(condition('  {{n > 2}}\n')).toBe(true);
    expect(condition(`{{ '}}' == "}}" }}`)).toBe(true);
  });

  test('are judged by truthiness', () => {
    expect(['empty', '""', '0', '0.0', 'null', '"false"', '[0]'].map(condition)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  test('are one expression, with the place of what is not', () => {
    expect(errorOf(() => parseCondition('{{ a }} and {{ b }}')).message).toContain('one expression');
    expect(faultOf(() => parseCondition(' {{ n >'))).toBe('parse at 1:2');
    expect(faultOf(() => parseCondition('{{ n > }}'))).toBe('parse at 1:8');
  });
});
