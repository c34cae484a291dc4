import { expect, test } from 'vitest';
import { isAllowed, type Order } from './order.ts';

const order: Order = ['a', ['b', ['c', 'd']], 'e'];

test.each([
  [['a', 'b', 'c', 'd', 'e'], true],
  [['a', 'c', 'b', 'd', 'e'], true],
  [['a', 'c', 'd', 'b', 'e'], true],
  [['a', 'd', 'c', 'b', 'e'], false],
  [['b', 'a', 'c', 'd', 'e'], false],
  [['a', 'b', 'c', 'e', 'd'], false],
  [['a', 'b', 'c', 'd'], false],
  [['a', 'b', 'c', 'd', 'e', 'f'], false],
  [['a', 'a', 'b', 'c', 'd', 'e'], false],
])('%j may come of a, (b | c then d), e: %j', (list, allowed) => {
  expect(isAllowed(order, list)).toBe(allowed);
});

test('what is empty keeps nothing from following', () => {
  expect(isAllowed(['a', [], 'b'], ['b', 'a'])).toBe(false);
  expect(isAllowed([], [])).toBe(true);
});
