import { describe, expect, test } from 'vitest';
import type { Json } from '../json.ts';
import { deepestValue, defaultBudget } from './budget.ts';
import { evaluate } from './evaluate.ts';
import { parseExpression } from './expression.ts';
import { errorOf, valueOf } from './given.test-support.ts';
import { renderTemplate } from './render.ts';
import { scopeOf } from './scope.ts';

describe('steps', () => {
  test.each<[string, number]>([
    ['1', 1],
    ['1 + 2', 3],
    ['x', 1],
    ['x.y', 3],
    ['true or 1 / 0', 2],
    ['length(x)', 2],
    ['range(50) == []', 54],
    ['5 in [1, 2, 5, 7]', 10],
    ['"a" in text', 3 + 5],
    ['sum([1, 2, 3])', 5 + 3],
    // three instructions, each 8 steps and a sixteenth, rounded up
    ['match("a", "b")', 3 + 25],
  ])('%s takes %i', (text, steps) => {
    const given = { x: { y: 1 }, text: 'b'.repeat(500) };
    expect(() => valueOf(text, given, { steps: steps + 1 })).not.toThrow();
    expect(() => valueOf(text, given, { steps })).not.toThrow();
    const error = errorOf(() => valueOf(text, given, { steps: steps - 1 }));
    expect([error.kind, error.message]).toEqual([
      'budget',
      `The expression takes more than ${steps - 1} steps; let it look at less data`,
    ]);
  });
});

describe('output', () => {
  test.each<[string, number]>([
    ['range(100)', 100],
    ['"ab" + "cde"', 5],
    ['[1, 2] + [3]', 6],
    ['text', 500],
    ['[text, text]', 1_000],
    ['lower(text)', 500],
    ['string(10)', 2],
    ['replace("aaa", "a", "bb")', 6],
    ['join(["a", "b"], ", ")', 6],
    ['length(range(70))', 70],
    ['merge(x, x)', 2],
    ['null', 1],
    ['[]', 1],
  ])('%s is %i', (text, output) => {
    const given = { x: { y: 1 }, text: 'b'.repeat(500) };
    expect(() => valueOf(text, given, { output: output + 1 })).not.toThrow();
    expect(() => valueOf(text, given, { output })).not.toThrow();
    const error = errorOf(() => valueOf(text, given, { output: output - 1 }));
    expect(error.kind).toBe('budget');
    expect(error.message).toContain(`more than ${output - 1} characters and elements`);
  });

  test('a template has one budget for all its expressions', () => {
    const render = (output: number) =>
      renderTemplate({ a: '{{ range(10) }}', b: ['{{ "abcde" }}'], c: 'is not counted' }, scopeOf({}), { output });
    expect(render(15)).toEqual({ a: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], b: ['abcde'], c: 'is not counted' });
    expect(errorOf(() => render(14)).pointer).toBe('/b/0');
  });
});

describe('the default', () => {
  test('is what the documentation says', () => {
    expect(defaultBudget).toEqual({ steps: 1_000_000, output: 10_000_000 });
  });

  test.each([
    'range(1000000) == range(1000000)',
    'join(range(400000), text)',
    'replace(text, "b", text)',
    'range(9223372036854775807)',
    '[range(300000), range(300000), range(300000), range(300000)]',
    'unique(zip(range(200000), range(200000)))',
    'flat([range(300000), range(300000)])',
    'sort(reversed(range(200000)))',
    `${'length(text) + '.repeat(150)}0`,
    `${'[big, '.repeat(150)}0${']'.repeat(150)}`,
    `match("([a-z]{1,50}){1,20}9", text)`,
    `match("(a?){300}a{300}x", lower(text)) or match("(.*)(.*)(.*)x", text)`,
    `[${'big, '.repeat(1_000)}]`,
    `string([${'big, '.repeat(1_000)}])`,
    `[${'big, '.repeat(100)}] == [${'big, '.repeat(100)}]`,
  ])('ends %s in time', (text) => {
    const expression = parseExpression(text);
    const scope = scopeOf({ text: 'b'.repeat(1_000_000), big: Array.from({ length: 20_000 }, (_, i) => String(i)) });
    const started = performance.now();
    expect(errorOf(() => evaluate(expression, scope)).kind).toBe('budget');
    // a second when alone; other tests run beside it
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('deep values', () => {
  const nested = (levels: number): Json => {
    let value: Json = 'core';
    for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { k: value };
    return value;
  };

  test.each(['x', 'string(x)', 'x == y', 'unique([x])', 'x in [y]'])('%s goes down to the limit', (text) => {
    const limit = text === 'unique([x])' ? deepestValue - 1 : deepestValue;
    const scope = (levels: number) => ({ x: nested(levels), y: nested(levels) });
    expect(() => valueOf(text, scope(limit - 1))).not.toThrow();
    expect(() => valueOf(text, scope(limit))).not.toThrow();
    const error = errorOf(() => valueOf(text, scope(100_000)));
    expect([error.kind, error.message]).toEqual([
      'budget',
      `A value is nested deeper than ${deepestValue} levels; take the part that is needed`,
    ]);
    expect(errorOf(() => valueOf(text, scope(limit + 1))).kind).toBe('budget');
  });

  test('a template that is too deep is refused, not crashed on', () => {
    expect(errorOf(() => renderTemplate(nested(100_000), scopeOf({}))).kind).toBe('budget');
  });
});
