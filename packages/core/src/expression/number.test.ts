import { describe, expect, test } from 'vitest';
import { parseJson } from '../json.ts';
import { errorOf, faultOf, valueOf } from './given.test-support.ts';

const largest = 9223372036854775807n;

describe('integers are exact in 64 bits', () => {
  test.each<[string, unknown]>([
    ['9007199254740992 + 1', 9007199254740993n],
    ['9007199254740993 - 2', 9007199254740991],
    ['3037000499 * 3037000499', 9223372030926249001n],
    ['9223372036854775806 + 1', largest],
    ['-9223372036854775807 - 1', -9223372036854775808n],
    ['9223372036854775807 / 7', 1317624576693539401n],
    ['-9223372036854775808 % -1', 0],
    ['-7 % 3', -1],
    ['7 % -3', 1],
    ['8 / 2', 4],
    ['7 / 2', 3.5],
    ['0 * -5', 0],
    ['9007199254740993 == 9007199254740992.0', false],
    ['9007199254740993 > 9007199254740992.0', true],
    ['sum([9223372036854775807, 1, -1])', largest],
  ])('%s', (text, expected) => expect(valueOf(text)).toEqual(expected));

  test.each([
    '9223372036854775807 + 1',
    '-9223372036854775808 - 1',
    '-(-9223372036854775808)',
    '-9223372036854775808 / -1',
    '4294967296 * 4294967296',
    'abs(-9223372036854775808)',
    'sum([9223372036854775807, 1])',
    'int(9300000000000000000.0)',
    'round(1.5 * 10000000000000000000.0)',
    'number("9223372036854775808")',
    '1.5 * 10000.0 * int("1000") ' + '* 1000000000000000000.0'.repeat(17),
  ])('%s is an overflow', (text) => expect(errorOf(() => valueOf(text)).kind).toBe('overflow'));
});

describe('floats are another kind of number', () => {
  test('which a literal or a calculation decides, not the value', () => {
    expect(valueOf('9223372036854775807 + 1.0')).toBe(9223372036854775808n);
    expect(valueOf('2.0 * 9223372036854775807')).toBe(18446744073709551616n);
    expect(faultOf(() => valueOf('[1, 2][1.0]'))).toBe('type at 1:8');
    expect(faultOf(() => valueOf('range(4 / 2.0)'))).toBe('type at 1:7');
    expect(valueOf('range(4 / 2)')).toEqual([0, 1]);
    expect(valueOf('1 == 1.0 and 1 in [1.0]')).toBe(true);
  });

  test('that leave as JSON and are written as JSON', () => {
    expect(valueOf('[2.0, 2.5, -0.0]')).toEqual([2, 2.5, 0]);
    expect(valueOf('string(4 * 0.5) + string([1.0, 0.5])')).toBe('2[1,0.5]');
    expect(valueOf('1152921504606846976.0')).toBe(1152921504606846976n);
  });

  test('beyond the doubles there is nothing', () => {
    expect(errorOf(() => valueOf('x * 10.0', { x: 1.7e308 })).kind).toBe('overflow');
  });
});

describe('numbers of the data', () => {
  const data = parseJson(
    '{"a": 1.0, "b": 1e2, "c": 9223372036854775807, "d": 9223372036854775808, "e": 1e300, "f": 1e17}',
  );
  const given = (text: string) => valueOf(text, { x: data });

  test('are integers if they are integral, however they are spelt', () => {
    expect(given('[1, 2][x.a]')).toBe(2);
    expect(given('x.b + 1')).toBe(101);
    expect(given('x.c - 1')).toBe(9223372036854775806n);
    expect(given('x.f + 1')).toBe(100000000000000001n);
    expect(given('string(x.f)')).toBe('100000000000000000');
  });

  test('beyond 64 bits may be passed on and compared for equality, not calculated with', () => {
    expect(given('x.d')).toBe(9223372036854775808n);
    expect(given('x.e')).toBe(1e300);
    expect(given('x.d == x.e or x.d == x.d')).toBe(true);
    expect(given('type_of(x.d) + string(x.d)')).toBe('number9223372036854775808');
    for (const text of ['x.d + 1', 'x.e < 1', '-x.d', 'floor(x.e)', 'sum([x.d])', 'x.d / 0', '[1][x.d]']) {
      expect(errorOf(() => given(text)).kind, text).toBe('overflow');
    }
  });
});

test('rounding', () => {
  expect(valueOf('[round(2.5), round(-2.5), round(0.49999999999999994), round(2.4), round(7)]')).toEqual([
    3, -3, 0, 2, 7,
  ]);
  expect(valueOf('[floor(-1.5), ceil(-1.5), int(-1.5), abs(-1.5)]')).toEqual([-2, -1, -1, 1.5]);
});

test('texts that spell numbers', () => {
  expect(valueOf('[number("42"), number(" -1.50\\n"), number("1e3"), number("+7"), int("2.9"), number(true)]')).toEqual(
    [42, -1.5, 1000, 7, 2, 1],
  );
  for (const text of ['""', '"a"', '"1,5"', '"0x10"', '".5"', '"1."', '"Infinity"', '"1 2"', 'null', '[1]']) {
    expect(errorOf(() => valueOf(`number(${text})`)).kind, text).toBe('type');
  }
});

test('nothing divides by zero', () => {
  for (const text of ['1 / 0', '1 % 0', '1.5 / 0.0', '1.5 % 0', '0 / 0']) {
    expect(errorOf(() => valueOf(text)).kind, text).toBe('division_by_zero');
  }
});
