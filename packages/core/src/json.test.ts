import { expect, test } from 'vitest';
import fc from 'fast-check';
import { canonicalJson, contentHash } from './hash.ts';
import { parseJson, stringifyJson } from './json.ts';

test('an integer beyond 2^53 keeps its digits', () => {
  const text = '{"id":9007199254740993,"list":[-9223372036854775808,1]}';
  expect(parseJson(text)).toEqual({ id: 9007199254740993n, list: [-9223372036854775808n, 1] });
  expect(stringifyJson(parseJson(text))).toBe(text);
});

test('any integer survives reading and writing', () => {
  fc.assert(
    fc.property(fc.bigInt(), (n) => {
      expect(stringifyJson(parseJson(`[${n.toString()}]`))).toBe(`[${n.toString()}]`);
    }),
  );
});

test('malformed text is refused on both roads', () => {
  expect(() => parseJson('{"a":')).toThrow(SyntaxError);
  expect(() => parseJson('{"a":1234567890123456789')).toThrow(SyntaxError);
});

test('canonical JSON sorts keys, so equal values hash the same', () => {
  expect(canonicalJson({ b: 1, a: [true, null, 'é'], c: 9007199254740993n })).toBe(
    '{"a":[true,null,"é"],"b":1,"c":9007199254740993}',
  );
  expect(contentHash({ a: 1, b: 2 })).toBe(contentHash({ b: 2, a: 1 }));
});
