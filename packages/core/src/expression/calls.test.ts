import { expect, test } from 'vitest';
import { callsOf } from './calls.ts';
import { parseExpression } from './expression.ts';

test('every function that an expression may call, however deep', () => {
  expect([...callsOf(parseExpression('length(result()[min(1, 2)]) > 0 and not failed()'))].sort()).toEqual([
    'failed',
    'length',
    'min',
    'result',
  ]);
});

test('a field or a variable of that name is no call', () => {
  expect([...callsOf(parseExpression('task.a.result == result'))]).toEqual([]);
});

test('of a template all its strings count, and texts without expressions do not', () => {
  expect([...callsOf({ a: ['{{ upper(x) }}', 'result()'], b: { c: 'n: {{ result().n }}' } })].sort()).toEqual([
    'result',
    'upper',
  ]);
});
