import { expect, test } from 'vitest';
import { nearest, suggestion } from './nearest.ts';

test.each([
  ['entrypoint', 'entry_point'],
  ['paramters', 'parameters'],
  ['lable', 'label'],
  ['REF', 'ref'],
  ['xyz', undefined],
  ['whne', 'when'],
])('%s is nearest to %s', (word, meant) => {
  expect(nearest(word, ['ref', 'label', 'entry_point', 'parameters', 'when'])).toBe(meant);
});

test('a word nobody meant gets no suggestion, however long it is', () => {
  expect(suggestion('q'.repeat(1_000_000), ['ref'])).toBe('');
});
