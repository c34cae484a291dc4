import { expect, test } from 'vitest';
import type { Json } from '../json.ts';
import type { FlatSchema } from '../schema/flat-schema.ts';
import { changeAll, leadsTo, secretPaths, touches } from './paths.ts';

test('marks are found at the top and in members, and those in lists and forms count for the member around them', () => {
  const schema: FlatSchema = {
    token: { type: 'string', secret: true },
    login: {
      type: 'object',
      properties: {
        user: { type: 'string' },
        password: { secret: true },
        more: { properties: { pin: { secret: true } } },
      },
    },
    hosts: { type: 'array', items: { type: 'object', properties: { key: { secret: true } } } },
    either: { oneOf: [{ type: 'string' }, { type: 'object', properties: { key: { secret: true } } }] },
    plain: { type: 'string', default: { secret: true }, enum: [{ secret: true }], examples: [{ secret: true }] },
    named: { type: 'object', properties: { secret: true, other: {} } },
  };
  expect(secretPaths(schema)).toEqual([
    ['token'],
    ['login', 'password'],
    ['login', 'more', 'pin'],
    ['hosts'],
    ['either'],
  ]);
  expect(secretPaths(null)).toEqual([]);
});

test('a path touches another where one leads to a part of the other', () => {
  expect(touches(['a'], ['a', 'b'])).toBe(true);
  expect(touches(['a', 'b'], ['a'])).toBe(true);
  expect(touches(['a', 'b'], ['a', 'c'])).toBe(false);
  expect(leadsTo(['a'], ['a', 'b'])).toBe(true);
  expect(leadsTo(['a', 'b'], ['a'])).toBe(false);
});

test.for<[string, Json, Json]>([
  ['a member', { a: { b: 's', c: 1 } }, { a: { b: '*', c: 1 } }],
  [
    'the members of each element',
    { a: [{ b: 's' }, { b: ['s', 't'] }, { c: 1 }] },
    { a: [{ b: '*' }, { b: '*' }, { c: 1 }] },
  ],
  ['a text where a map was expected', { a: 'b=s' }, { a: '*' }],
  ['nothing where there is nothing', { a: {}, b: 's' }, { a: {}, b: 's' }],
  ['null', { a: { b: null } }, { a: { b: null } }],
])('changing at a path changes %s', ([, value, expected]) => {
  expect(changeAll(value, [['a', 'b']], () => '*')).toEqual(expected);
});
