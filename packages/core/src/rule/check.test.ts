import { expect, test } from 'vitest';
import type { Json } from '../json.ts';
import { checkActionParams, checkConditions } from './check.ts';

const problems = (conditions: Json): string[] =>
  checkConditions(conditions).map(({ pointer = '', message }) => `${pointer}: ${message}`);

test.each<[Json, string]>([
  [5, ': A condition must be a list of conditions'],
  ['event.payload.a', ': A condition must be a list of conditions'],
  [[null], '/0: A condition must be'],
  [{ expresion: 'true' }, 'Did you mean "expression"?'],
  [[{}], '/0: A condition needs "expression", "field", "all" or "any"; it is empty'],
  [{ expression: true }, '/expression: "expression" must be a text, not true; put it in quotes'],
  [{ expression: 'a ==' }, '/expression: Expected a value'],
  [{ expression: 'true', note: 'x' }, '/note: Unknown key "note"'],
  [{ any: [] }, '/any: "any" needs at least one condition'],
  [{ all: { field: 'a' } }, '/all: "all" must be a list'],
  [{ all: [{ any: [{ expression: ')' }] }] }, '/all/0/any/0/expression: Expected a value'],
  [[{ field: 'a', operator: 'equal', value: 1 }], '/0/operator: "operator" must be one of equals, not_equals'],
  [[{ field: 'a', operator: 'equal', value: 1 }], 'Did you mean "equals"?'],
  [[{ field: 'a', value: 1 }], '/0/operator: "operator" must be one of'],
  [[{ operator: 'equals', value: 1 }], '/0/field: "field" must be a path'],
  [[{ field: 'a..b', operator: 'equals', value: 1 }], '/0/field: "field" must be a path'],
  [[{ field: [1], operator: 'equals', value: 1 }], '/0/field: "field" must be a path'],
  [[{ field: 'a', operator: 'equals' }], '/0/value: "value" is missing; write "value: null"'],
  [[{ field: 'a', operator: 'in', value: 'x' }], '/0/value: "value" of in must be a list'],
  [[{ field: 'a', operator: 'less_than', value: true }], '/0/value: "value" of less_than must be a number or a text'],
  [[{ field: 'a', operator: 'starts_with', value: 1 }], '/0/value: "value" of starts_with must be a text'],
  [[{ field: 'a', operator: 'matches', value: '(' }], '/0/value: "(" is not a regular expression'],
  [[{ field: 'a', operator: 'exists', value: 'yes' }], '/0/value: "value" of exists must be true or false'],
  [[{ field: 'a', operator: 'equals', valeu: 1, value: 1 }], '/0/valeu: Unknown key "valeu"'],
  [{ expression: 'payload.ref == 1' }, 'Did you mean event.payload?'],
  [{ expression: 'evnt.payload.ref == 1' }, 'Did you mean "event"?'],
  [{ expression: 'event.playload.ref == 1' }, 'event has no field "playload"'],
  [{ expression: 'system.rule.name == 1' }, 'system.rule has no field "name"; it has id, ref'],
  [{ expression: 'event.id.x == 1' }, 'event.id has no field "x"; it is a single value'],
  [{ expression: 'pack.name == 1' }, 'pack has no field "name"; it has config'],
  [{ expression: 'event.headers["X-GitHub-Event"] == "push"' }, 'write "x-github-event"'],
  [{ expression: 'length(event.payload) + "a"' }, '"+" takes'],
  [{ expression: 'result().code == 0' }, 'There is no function "result"'],
])('%j', (conditions, expected) => expect(problems(conditions).join('\n')).toContain(expected));

test.each<[Json]>([
  [null],
  [{}],
  [[]],
  [{ expression: '{{ event.payload.a.b[0] == pack.config.x }}' }],
  [[{ field: 'a', operator: 'exists' }, { any: [{ field: 'b', operator: 'equals', value: null }] }]],
])('%j is sound', (conditions) => expect(problems(conditions)).toEqual([]));

test('everything is found at once, with its place', () => {
  const found = checkConditions([
    { field: 'a', operator: 'nope', value: 1 },
    { expression: 'x' },
    { expression: '1 +\n )' },
  ]);
  expect(found.map(({ pointer, line, column }) => [pointer, line, column])).toEqual([
    ['/0/operator', undefined, undefined],
    ['/2/expression', 2, 2],
    ['/1/expression', 1, 1],
  ]);
});

test('nesting has an end', () => {
  let conditions: Json = [];
  for (let level = 0; level < 100_000; level += 1) conditions = [conditions];
  expect(problems(conditions).join()).toContain('Conditions nest at most 20 levels deep');
});

test('parameters are checked too', () => {
  expect(
    checkActionParams({ a: '{{ event.payload.x }}', b: ['{{ nope }}', '{{ event.headers.A }}'], c: 'plain' }).map(
      ({ pointer, offset }) => [pointer, offset],
    ),
  ).toEqual([
    ['/b/0', 3],
    ['/b/1', 17],
  ]);
  expect(checkActionParams({ a: '{{ 1 + }}', b: '{{ 1 - "" }}' })).toMatchObject([
    { pointer: '/a' },
    { pointer: '/b' },
  ]);
});
