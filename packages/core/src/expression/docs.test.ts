import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJson, stringifyJson, type Json, type JsonObject } from '../json.ts';
import { matchConditions } from '../rule/match.ts';
import { readYaml } from '../yaml/document.ts';
import { deepestExpression, deepestValue, defaultBudget, longestExpression } from './budget.ts';
import { ExpressionError, expressionErrorKinds } from './error.ts';
import { evaluate } from './evaluate.ts';
import { parseExpression } from './expression.ts';
import { builtIns } from './function/table.ts';
import { longestPattern } from './pattern.ts';
import { predicateNames } from './predicate.ts';
import { largestKept } from './proof.ts';
import { prove } from './prove.ts';
import { renderTemplate } from './render.ts';
import { scopeOf } from './scope.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'expressions.md'), 'utf8');

interface Fence {
  language: string;
  content: string;
}

const fences: Fence[] = [...page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, language = '', content = '']) => ({
  language,
  content,
}));
const contents = (language: string): string[] =>
  fences.filter((fence) => fence.language === language).map((fence) => fence.content);

const names = parseJson(contents('json names')[0] ?? '') as JsonObject;
const scope = scopeOf(names);

/** Lines `text  # => JSON` and `text  # !! kind`. */
const examples = (language: string): [text: string, sign: string, expected: string][] =>
  contents(language)
    .flatMap((content) => content.split('\n'))
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const match = /^(.*?)\s+# (=>|!!) (.*)$/.exec(line);
      if (match === null) throw new Error(`The example has no outcome: ${line}`);
      const [, text = '', sign = '', expected = ''] = match;
      return [text, sign, expected];
    });

function outcome(sign: string, work: () => Json): string | Json {
  if (sign === '=>') return work();
  try {
    return `no error, but ${stringifyJson(work())}`;
  } catch (error) {
    if (error instanceof ExpressionError) return error.kind;
    throw error;
  }
}

const expectation = (sign: string, text: string): Json => (sign === '=>' ? parseJson(text) : text);

describe('docs/expressions.md', () => {
  test.each(examples('expression'))('%s %s %s', (text, sign, expected) => {
    expect(outcome(sign, () => evaluate(parseExpression(text), scope))).toEqual(expectation(sign, expected));
  });

  test.each(examples('template'))('%s %s %s', (text, sign, expected) => {
    expect(outcome(sign, () => renderTemplate(parseJson(text), scope))).toEqual(expectation(sign, expected));
  });

  test.each(contents('yaml'))('conditions that\n%s', (content) => {
    const { payload = null, headers = {} } = names['event'] as { payload?: Json; headers?: JsonObject };
    const event = {
      id: '1',
      trigger: '2',
      trigger_ref: 'a.b',
      payload,
      headers,
      created: '2026-01-01T00:00:00.000000Z',
    };
    const context = { pack: { config: {} }, system: { timestamp: event.created, rule: { id: '3', ref: 'a.c' } } };
    const { value = null } = readYaml(content, 'conditions.yaml');
    const { matches, error } = matchConditions(value, event, context);
    const found = error === null ? (matches ? 'holds' : 'does not hold') : `fails with ${error.kind}`;
    expect(found).toBe(/^# (.*)/.exec(content)?.[1]);
  });

  test('shows the proof it speaks of', () => {
    const proof = parseJson(contents('json proof')[0] ?? '') as { text: string };
    expect(prove(parseExpression(proof.text), scope).proof).toEqual(proof);
  });

  test('has every function with its signature', () => {
    const listed = [...page.matchAll(/^\| `([a-z_]+\(.*?\))` \|/gm)].map(([, signature = '']) =>
      signature.replaceAll('\\|', '|'),
    );
    expect(listed.sort()).toEqual([...builtIns].map(([name, { signature }]) => `${name}${signature}`).sort());
  });

  test('has every error kind in its words', () => {
    for (const [kind, when] of Object.entries(expressionErrorKinds))
      expect(page).toContain(`| \`${kind}\` | ${when} |`);
  });

  test('has every operator of the list form', () => {
    for (const name of predicateNames) expect(page).toMatch(new RegExp(`^\\|.*\`${name}\`.*\\|.*\\|$`, 'm'));
  });

  test.each([
    ['length of an expression', longestExpression],
    ['nesting of an expression', deepestExpression],
    ['nesting of values that are compared, written or given back', deepestValue],
    ['steps of an evaluation', defaultBudget.steps],
    ['output of an evaluation', defaultBudget.output],
    ['length of a pattern', longestPattern],
  ])('has the limit of the %s', (name, limit) => {
    expect(page).toContain(`| ${name} | ${limit.toLocaleString('en-US')}`);
  });

  test('has the size that proofs keep', () => {
    expect(page).toContain(`larger than ${largestKept.toLocaleString('en-US')}`);
  });

  test('is run by this test in all its parts', () => {
    const run = ['json names', 'expression', 'template', 'yaml', 'json proof'];
    expect(fences.filter(({ language }) => !run.includes(language))).toEqual([]);
    expect(examples('expression').length).toBeGreaterThan(80);
  });
});
