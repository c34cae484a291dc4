import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { parseJson, stringifyJson, type Json } from '../json.ts';
import { ExpressionError, type ExpressionErrorKind } from './error.ts';
import { evaluate } from './evaluate.ts';
import { parseExpression } from './expression.ts';
import { faultsOf } from './fault.ts';
import type { Proof } from './proof.ts';
import { prove } from './prove.ts';
import { randomExpression, scopeFunctions, scopeValues } from './random-expression.test-support.ts';
import { evaluateSlowly, Wrong } from './reference.test-support.ts';
import { replay } from './replay.ts';
import { scopeOf, type Scope } from './scope.ts';

// a few seconds alone, more on a busy machine
vi.setConfig({ testTimeout: 60_000 });

type Outcome = { value: Json } | { kind: ExpressionErrorKind };

const functions = Object.fromEntries(Object.entries(scopeFunctions).map(([name, value]) => [name, () => value]));

function outcomeOf(work: () => Json): Outcome {
  try {
    return { value: exactly(work()) };
  } catch (error) {
    if (error instanceof ExpressionError || error instanceof Wrong) return { kind: error.kind };
    throw error;
  }
}

/** Integers that JSON spelt as 1e17 are doubles in the data and integers to the language. */
function exactly(value: Json): Json {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(exactly);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, exactly(member)]));
}

const scopes: Scope[] = (['null', 'error'] as const).map((missing) => scopeOf({ ...scopeValues }, missing, functions));
const kinds = new Map<string, number>();

test('10,000 random expressions agree with the reference in value and error kind, and every proof replays to its value', () => {
  fc.assert(
    fc.property(randomExpression, fc.constantFrom(...scopes), (text, scope) => {
      const expected = outcomeOf(() =>
        evaluateSlowly(text, { values: scopeValues, functions: scopeFunctions, missing: scope.missing }),
      );
      const found = outcomeOf(() => evaluate(parseExpression(text), scope));
      expect(found).toEqual(expected);
      const kind = 'kind' in found ? found.kind : 'value';
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);

      const proven = outcomeOf(() => {
        const { value, proof } = prove(parseExpression(text), scope);
        const written = throughJson(proof);
        expect(exactly(replay(written))).toEqual(exactly(value));
        return value;
      });
      expect(proven).toEqual(expected);
    }),
    { numRuns: 10_000 },
  );
  // the generator must not degenerate into expressions that all fail, or never do
  expect(kinds.get('value')).toBeGreaterThan(3_000);
  for (const kind of [
    'parse',
    'type',
    'not_found',
    'overflow',
    'out_of_bounds',
    'division_by_zero',
    'argument_count',
  ]) {
    expect(kinds.get(kind), kind).toBeGreaterThan(20);
  }
});

test('what the static check refuses never has a value where all of it is evaluated', () => {
  fc.assert(
    fc.property(randomExpression, (text) => {
      if (/\b(and|or)\b/.test(text)) return;
      const [, strict] = scopes;
      if (strict === undefined) return;
      const found = outcomeOf(() => evaluate(parseExpression(text), strict));
      if (!('value' in found)) return;
      const faults = faultsOf(parseExpression(text), {
        names: Object.keys(scopeValues),
        functions: Object.keys(functions),
      });
      expect(faults).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
});

const throughJson = (proof: Proof): Proof => parseJson(stringifyJson(proof)) as Proof;
