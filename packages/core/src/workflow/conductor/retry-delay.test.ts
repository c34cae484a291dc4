import { expect, test } from 'vitest';
import type { RetryPolicy } from '../definition.ts';
import { retryDelay } from './retry-delay.ts';

const waits = (policy: Partial<RetryPolicy>): number[] =>
  [1, 2, 3, 4].map((retry) =>
    retryDelay({ count: 4, delay: 5, backoff: 'constant', max_delay: null, on_error: null, ...policy }, retry),
  );

test('each backoff has its row', () => {
  expect(waits({ backoff: 'constant' })).toEqual([5, 5, 5, 5]);
  expect(waits({ backoff: 'linear' })).toEqual([5, 10, 15, 20]);
  expect(waits({ backoff: 'exponential' })).toEqual([5, 10, 20, 40]);
  expect(waits({ delay: 0, backoff: 'exponential' })).toEqual([0, 0, 0, 0]);
});

test('max_delay caps every backoff', () => {
  expect(waits({ backoff: 'linear', max_delay: 12 })).toEqual([5, 10, 12, 12]);
  expect(waits({ backoff: 'exponential', max_delay: 12 })).toEqual([5, 10, 12, 12]);
});

test('a backoff without a cap ends at a year', () => {
  expect(retryDelay({ count: 100, delay: 60, backoff: 'exponential', max_delay: null, on_error: null }, 100)).toBe(
    31_536_000,
  );
});
