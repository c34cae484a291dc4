import { expect, test } from 'vitest';
import { clockWatch } from './clock-watch.ts';

const hour = 3_600_000;

test('a clock that keeps step is steady for as long as it was looked at', () => {
  const look = clockWatch();
  expect(look(1_000, 0, 0)).toEqual({ jumpMs: 0, steadyMs: 0 });
  expect(look(3_000, 2_000, 2_000)).toEqual({ jumpMs: 0, steadyMs: 2_000 });
  // a little wrong is not a jump
  expect(look(7_900, 4_000, 4_000)).toEqual({ jumpMs: 0, steadyMs: 4_000 });
});

test.each([hour, -hour])('a clock that was set by %i ms has jumped, and is steady from then on', (jump) => {
  const look = clockWatch();
  look(0, 0, 0);
  expect(look(2_000 + jump, 2_000, 2_000)).toEqual({ jumpMs: jump, steadyMs: 0 });
  expect(look(4_000 + jump, 4_000, 4_000)).toEqual({ jumpMs: 0, steadyMs: 2_000 });
});

test('a process that was stopped for an hour has seen no jump, and an answer that took long proves none', () => {
  const look = clockWatch();
  look(0, 0, 0);
  expect(look(hour, hour, hour).jumpMs).toBe(0);
  expect(look(hour + 1_000, hour + 1_000, hour + 10_000).jumpMs).toBe(0);
});
