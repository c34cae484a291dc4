import { describe, expect, test } from 'vitest';
import { replay } from '../expression/replay.ts';
import type { Json, JsonObject } from '../json.ts';
import { renderActionParams } from './action-params.ts';
import type { EventFacts, RuleContext } from './event-facts.ts';
import { matchConditions } from './match.ts';

const event: EventFacts = {
  id: '41',
  trigger: '7',
  trigger_ref: 'github.push',
  payload: {
    ref: 'refs/heads/main',
    forced: false,
    size: 3,
    repository: { name: 'attune', 'default.branch': 'main' },
    commits: [{ id: 'c1', added: ['a.py'] }, { id: 'c2' }],
    base: null,
  },
  headers: { 'X-GitHub-Event': 'push' },
  created: '2026-02-04T10:00:00.000000Z',
};
const context: RuleContext = {
  pack: { config: { branch: 'main' } },
  system: { timestamp: '2026-02-04T10:00:00.000000Z', rule: { id: '9', ref: 'github.on_push' } },
};
const match = (conditions: Json, payload: Json = event.payload) =>
  matchConditions(conditions, { ...event, payload }, context);
const field = (path: Json, operator: string, value?: Json): JsonObject => ({
  field: path,
  operator,
  ...(value === undefined ? {} : { value }),
});

test.each<[string, Json]>([
  ['null', null],
  ['an empty map', {}],
  ['an empty list', []],
])('without conditions (%s) every event matches', (_, conditions) => {
  expect(match(conditions)).toEqual({ matches: true, proof: null, error: null });
});

describe('an expression sees', () => {
  test.each<[string, boolean]>([
    ['event.payload.ref == "refs/heads/" + pack.config.branch', true],
    ['{{ event.payload.ref == "refs/heads/dev" }}', false],
    ['event.headers["x-github-event"] == "push"', true],
    ['event.id == "41" and event.trigger == "7" and event.trigger_ref == "github.push"', true],
    ['event.created == system.timestamp and system.rule.id == "9" and system.rule.ref == "github.on_push"', true],
    ['event.payload.commits.0.id == "c1"', true],
    ['event.payload.nope.nope == null and nope == null', true],
    ['event.payload.commits', true],
    ['event.payload.forced', false],
  ])('%s', (expression, expected) => {
    const { matches, proof, error } = match({ expression });
    expect([matches, error]).toEqual([expected, null]);
    expect(proof === null ? null : replay(proof)).toBe(expected);
  });
});

describe('a field', () => {
  test.each<[JsonObject, boolean]>([
    [field('ref', 'equals', 'refs/heads/main'), true],
    [field('size', 'equals', 3), true],
    [field('size', 'equals', '3'), false],
    [field('repository', 'equals', { 'default.branch': 'main', name: 'attune' }), true],
    [field('nope', 'equals', null), true],
    [field('ref', 'not_equals', 'x'), true],
    [field('nope', 'not_equals', 'x'), true],
    [field('ref', 'contains', 'heads'), true],
    [field('commits.0.added', 'contains', 'a.py'), true],
    [field('repository', 'contains', 'name'), true],
    [field('size', 'contains', 3), false],
    [field('nope', 'contains', 'x'), false],
    [field('nope', 'not_contains', 'x'), true],
    [field('size', 'in', [1, 2, 3]), true],
    [field('nope', 'in', [1, null]), true],
    [field('size', 'not_in', [1, 2]), true],
    [field('size', 'greater_than', 2), true],
    [field('size', 'greater_than', 3), false],
    [field('size', 'greater_than_or_equals', 3), true],
    [field('size', 'less_than', 3.5), true],
    [field('size', 'less_than_or_equals', 2), false],
    [field('ref', 'greater_than', 'a'), true],
    [field('ref', 'greater_than', 1), false],
    [field('nope', 'less_than', 1), false],
    [field('ref', 'starts_with', 'refs/'), true],
    [field('ref', 'ends_with', '/main'), true],
    [field('size', 'starts_with', '3'), false],
    [field('ref', 'matches', '^refs/heads/(main|dev)$'), true],
    [field('nope', 'matches', '.*'), false],
    [field('base', 'exists'), true],
    [field('nope', 'exists'), false],
    [field('nope', 'exists', false), true],
    [field('commits.1.id', 'equals', 'c2'), true],
    [field('commits.2.id', 'equals', 'c3'), false],
    [field(['repository', 'default.branch'], 'equals', 'main'), true],
    [field('constructor', 'exists'), false],
    [field('commits.length', 'exists'), false],
  ])('%j', (condition, expected) => {
    const { matches, proof, error } = match([condition]);
    expect([matches, error]).toEqual([expected, null]);
    expect(proof === null ? null : replay(proof)).toBe(expected);
  });
});

test('a list must hold as a whole; what decided is in the proof, with both values', () => {
  const { matches, proof } = match([
    field('ref', 'equals', 'refs/heads/main'),
    field('repository.owner', 'equals', 'ann'),
    field('size', 'equals', 3),
  ]);
  expect(matches).toBe(false);
  expect(proof).toEqual({
    op: 'and',
    text: '(ref equals "refs/heads/main") and (repository.owner equals "ann") and (size equals 3)',
    operands: [
      {
        op: 'equals',
        text: 'ref equals "refs/heads/main"',
        operands: [
          { op: 'read', text: 'ref', path: ['event', 'payload', 'ref'], result: 'refs/heads/main' },
          { op: 'literal', text: '"refs/heads/main"', result: 'refs/heads/main' },
        ],
        result: true,
      },
      {
        op: 'equals',
        text: 'repository.owner equals "ann"',
        operands: [
          {
            op: 'read',
            text: 'repository.owner',
            path: ['event', 'payload', 'repository', 'owner'],
            missing: true,
            result: null,
          },
          { op: 'literal', text: '"ann"', result: 'ann' },
        ],
        result: false,
      },
      { op: 'not_evaluated', text: 'size equals 3' },
    ],
    result: false,
  });
});

test('all, any and expressions mix', () => {
  const conditions = {
    any: [
      { all: [field('size', 'greater_than', 5), { expression: '1 / 0' }] },
      { any: [field('ref', 'ends_with', '/dev'), { expression: 'length(event.payload.commits)' }] },
    ],
  };
  const { matches, proof, error } = match(conditions);
  expect([matches, error]).toEqual([true, null]);
  expect(proof).toMatchObject({
    op: 'or',
    operands: [
      { op: 'and', result: false },
      { op: 'or', operands: [{}, { op: 'truth' }] },
    ],
  });
  expect(proof === null ? null : replay(proof)).toBe(true);
});

test('an event without payload is treated like any other', () => {
  expect(match([field('ref', 'equals', 'x')], null)).toMatchObject({ matches: false, error: null });
  expect(match({ expression: 'event.payload.ref == "x"' }, null)).toMatchObject({ matches: false, error: null });
  expect(match([field('ref', 'not_equals', 'x')], null).matches).toBe(true);
});

test('a large payload makes no large proof', () => {
  const payload = { ref: 'x'.repeat(100_000), list: Array.from({ length: 100_000 }, () => 'item') };
  const { matches, proof } = match(
    [field('ref', 'contains', 'xx'), { expression: 'length(event.payload.list) > 9' }],
    payload,
  );
  expect(matches).toBe(true);
  expect(JSON.stringify(proof).length).toBeLessThan(2_000);
  expect(proof === null ? null : replay(proof)).toBe(true);
});

describe('an error is no match, and names its place', () => {
  test.each<[Json, JsonObject]>([
    [
      { expression: 'true and\n event.payload.nope > 3' },
      { kind: 'type', pointer: '/expression', line: 2, column: 21, expression: 'true and\n event.payload.nope > 3' },
    ],
    [
      [field('size', 'equals', 3), { expression: '1 / 0' }],
      { kind: 'division_by_zero', pointer: '/1/expression', line: 1 },
    ],
    [{ expression: 'a &&' }, { kind: 'malformed', pointer: '/expression', line: 1, column: 3 }],
    [[field('a', 'eqals', 1)], { kind: 'malformed', pointer: '/0/operator' }],
    ['text', { kind: 'malformed', pointer: '' }],
  ])('%j', (conditions, error) => {
    expect(match(conditions)).toMatchObject({ matches: false, proof: null, error });
  });

  test('also where the budget is spent', () => {
    const { error } = match({ expression: 'range(9000000) == []' });
    expect(error).toMatchObject({ kind: 'budget', pointer: '/expression' });
  });
});

describe('parameters of the action', () => {
  test('are rendered in the full language', () => {
    const params = {
      repo: '{{ event.payload.repository.name }}',
      n: '{{ event.payload.size + 1 }}',
      who: '<{{ event.payload.nope }}>',
    };
    expect(renderActionParams(params, event, context)).toEqual({ value: { repo: 'attune', n: 4, who: '<>' } });
    expect(renderActionParams({ a: ['{{ system.rule.ref }}', null] }, event, context)).toEqual({
      value: { a: ['github.on_push', null] },
    });
    expect(renderActionParams(null, event, context)).toEqual({ value: {} });
  });

  test('tell where they cannot be', () => {
    expect(renderActionParams({ a: ['x', '{{ 1 + event.payload.ref }}'] }, event, context)).toMatchObject({
      error: { kind: 'type', pointer: '/a/1', line: 1, column: 6 },
    });
    expect(renderActionParams('{{ 5 }}', event, context)).toMatchObject({ error: { kind: 'malformed', pointer: '' } });
  });
});
