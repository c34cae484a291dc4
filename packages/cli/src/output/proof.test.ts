import { parseExpression, prove, type Json } from '@attune/core';
import { expect, test } from 'vitest';
import { decisiveClauses, formatClause } from './proof.ts';

const event: Json = {
  headers: { 'x-github-event': 'push' },
  payload: {
    ref: 'refs/heads/dev',
    size: 3,
    repository: { default_branch: 'main' },
    commits: [],
    big: 'x'.repeat(2_000),
  },
};

/** Why a condition came out as it did, one line a clause. */
function why(condition: string): string[] {
  const scope = { lookup: (name: string) => (name === 'event' ? event : undefined), missing: 'null' as const };
  return decisiveClauses(prove(parseExpression(condition), scope).proof).map(formatClause);
}

test('of a false conjunction the false clause is shown, with both values', () => {
  expect(
    why(
      'event.headers["x-github-event"] == "push" and event.payload.ref == "refs/heads/" + event.payload.repository.default_branch and event.payload.size > 1',
    ),
  ).toEqual([
    'event.payload.ref == "refs/heads/" + event.payload.repository.default_branch  is false:  "refs/heads/dev" == "refs/heads/main"',
  ]);
});

test('of a false alternative every clause is shown, of a true one the one that was enough', () => {
  expect(why('event.payload.size > 5 or event.payload.ref == "x"')).toEqual([
    'event.payload.size > 5  is false:  3 > 5',
    'event.payload.ref == "x"  is false:  "refs/heads/dev" == "x"',
  ]);
  expect(why('event.payload.size > 5 or event.payload.size == 3 or event.payload.ref == "x"')).toEqual([
    'event.payload.size == 3  is true:  3 == 3',
  ]);
});

test('what is missing is told from what is null', () => {
  expect(why('event.payload.nothing == "x"')).toEqual(['event.payload.nothing == "x"  is false:  missing == "x"']);
  expect(why('event.payload.nothing')).toEqual(['event.payload.nothing  is missing']);
});

test('a negation shows what it negates, a call its arguments', () => {
  expect(why('not starts_with(event.payload.ref, "refs/heads/")')).toEqual([
    'starts_with(event.payload.ref, "refs/heads/")  is true:  starts_with("refs/heads/dev", "refs/heads/")',
  ]);
});

test('what is too large to be kept is named by its type and size', () => {
  expect(why('event.payload.big == "y"')[0]).toMatch(
    /^event\.payload\.big == "y" {2}is false: {2}"x+…" \(string of size \d+\) == "y"$/,
  );
});

test('a value that counts as false is shown', () => {
  expect(why('event.payload.commits and event.payload.size > 1')).toEqual(['event.payload.commits  is []']);
});
