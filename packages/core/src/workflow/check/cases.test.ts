import { expect, test } from 'vitest';
import { taskOf } from '../../../test/workflow/arrows.ts';
import type { TaskDefinition } from '../definition.ts';
import { casesOf } from './cases.ts';

/** The sets of transitions that may fire together, each once. */
function sets(whens: (string | null)[], more: Partial<TaskDefinition> = {}): string[] {
  const next = whens.map((when) => ({ when, publish: [], do: [] }));
  const found = casesOf(taskOf('t', { next, ...more })).map(({ mayFire }) => mayFire.join(' '));
  return [...new Set(found)].sort();
}

test.each<[string, (string | null)[], string[]]>([
  ['no condition', [null, null], ['0 1']],
  ['outcomes', ['succeeded()', 'failed()', 'timed_out()'], ['0', '1', '2']],
  ['an outcome that a task without "when" does not have', ['skipped()', 'not skipped()'], ['1']],
  ['a condition and its contrary', ['result().ok', 'not result().ok'], ['0', '1']],
  ['the same in other words', ['task.a.ok', 'not task["a"].ok'], ['0', '1']],
  ['values of one thing', ['result().s == "a"', 'result().s == "b"', 'result().s not_in'], ['0 2', '1 2', '2']],
  ['a value and the others', ['result().s == "a"', 'result().s != "a"'], ['0', '1']],
  ['lists of values', ['result().s in ["a", "b"]', 'result().s in ["c"]', '"a" == result().s'], ['', '0', '0 2', '1']],
  ['orders', ['result().n < 2', 'result().n >= 2'], ['', '0', '1']],
  ['orders with the constant first', ['2 > result().n', '3 < result().n', 'result().n == 3'], ['', '0', '1', '2']],
  ['constants', ['true', 'false', '1 > 2', '"x"'], ['0 3']],
  [
    'two things',
    ['succeeded() and result().ok', 'succeeded() and not result().ok', 'not succeeded()'],
    ['0', '1', '2'],
  ],
  ['what cannot be parsed', ['succeeded( and', 'failed()'], ['0', '0 1']],
])('%s', (_, whens, expected) => {
  const sound = whens.map((when) => (when === 'result().s not_in' ? 'not (result().s in [])' : when));
  expect(sets(sound)).toEqual(expected);
});

test('a task that may be skipped has that case, too; one that always is has no other', () => {
  const whens = ['succeeded()', 'skipped()'];
  expect(sets(whens, { when: 'x' })).toEqual(['', '0', '1']);
  expect(sets(whens, { when: 'false' })).toEqual(['1']);
  expect(sets(whens, { when: 'true' })).toEqual(['', '0']);
});

test('a variable that a transition published is not the same to the ones behind it', () => {
  const next = [
    { when: 'n == 1', publish: [{ n: 2 }], do: [] },
    { when: 'n == 2', publish: [], do: [] },
    { when: 'm == 1', publish: [], do: [] },
    { when: 'm == 2', publish: [], do: [] },
  ];
  const found = casesOf(taskOf('t', { next })).map(({ mayFire }) => mayFire.join(' '));
  expect(found).toContain('0 1');
  expect(found.some((set) => set.includes('2 3'))).toBe(false);
});

test('too many things to try are not all looked at', () => {
  const whens = Array.from({ length: 12 }, (_, index) => `result().x${index} == 1`);
  expect(casesOf(taskOf('t', { next: whens.map((when) => ({ when, publish: [], do: [] })) })).length).toBeLessThan(
    2_000,
  );
});
