import { expect, test } from 'vitest';
import { executionStatuses, finalStatuses, isFinal, moves, pairsOf, statusAfter, type Move } from './machine.ts';

const allMoves = [...new Set(executionStatuses.flatMap((status) => Object.keys(moves[status])))] as Move[];

test('every (status, move) pair leads to a known status or nowhere', () => {
  for (const status of executionStatuses) {
    for (const move of allMoves) {
      const next = statusAfter(status, move);
      if (next === undefined) continue;
      expect(executionStatuses).toContain(next);
      expect(pairsOf(move)).toContainEqual({ was: status, next });
    }
  }
});

test('five statuses are final and nothing leaves them', () => {
  expect(finalStatuses).toEqual(['completed', 'failed', 'timeout', 'cancelled', 'abandoned']);
  for (const status of finalStatuses) for (const move of allMoves) expect(statusAfter(status, move)).toBeUndefined();
});

test('from every status a final one can be reached', () => {
  for (const status of executionStatuses) {
    const seen = new Set([status]);
    for (const reached of seen) for (const next of Object.values(moves[reached])) seen.add(next);
    expect([...seen].some(isFinal)).toBe(true);
  }
});
