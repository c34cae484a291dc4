import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countIn, isIn, numbersIn, without, withRange, type Intervals } from './intervals.ts';

test('taking numbers out splits and shortens', () => {
  expect(without([0, 4], 0)).toEqual([1, 4]);
  expect(without([0, 4], 3)).toEqual([0, 3]);
  expect(without([0, 4], 2)).toEqual([0, 2, 3, 4]);
  expect(without([2, 3, 5, 6], 5)).toEqual([2, 3]);
  expect(without([2, 3], 3)).toEqual([2, 3]);
  expect(withRange([0, 4], 4, 5)).toEqual([0, 5]);
  expect(withRange([0, 4], 6, 6)).toEqual([0, 4]);
});

test('it holds what a set of numbers would', () => {
  const steps = fc.array(fc.record({ grow: fc.nat({ max: 4 }), leave: fc.nat({ max: 2 }), pick: fc.nat() }));
  fc.assert(
    fc.property(steps, (list) => {
      const plain = new Set<number>();
      let [set, next]: [Intervals, number] = [[], 0];
      for (const { grow, leave, pick } of list) {
        next += leave;
        for (let number = next; number < next + grow; number += 1) plain.add(number);
        set = withRange(set, next, next + grow);
        next += grow;
        const taken = next === 0 ? 0 : pick % next;
        plain.delete(taken);
        set = without(set, taken);
        expect([...numbersIn(set)]).toEqual([...plain]);
        expect(countIn(set)).toBe(plain.size);
        for (let number = 0; number <= next; number += 1) expect(isIn(set, number)).toBe(plain.has(number));
        expect(set.every((bound, index) => index === 0 || bound > (set[index - 1] ?? bound))).toBe(true);
      }
    }),
  );
});
