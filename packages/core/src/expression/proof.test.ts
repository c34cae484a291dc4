import { describe, expect, test } from 'vitest';
import { parseJson, stringifyJson, type JsonObject } from '../json.ts';
import { evaluate } from './evaluate.ts';
import { parseExpression } from './expression.ts';
import type { Proof } from './proof.ts';
import { prove } from './prove.ts';
import { replay } from './replay.ts';
import { scopeOf } from './scope.ts';

const functions = { result: () => ({ code: 3, lines: ['a', 'b'] }) };
const names: JsonObject = {
  event: { payload: { ref: 'refs/heads/dev', count: 2, items: [{ id: 7 }], which: 'ref' } },
  huge: Array.from({ length: 5_000 }, (_, index) => index),
  essay: 'word '.repeat(1_000),
};
const proofOf = (text: string): Proof => prove(parseExpression(text), scopeOf(names, 'null', functions)).proof;

describe('a proof tells', () => {
  test('each clause with its operands', () => {
    expect(proofOf('event.payload.ref == "refs/heads/main" and event.payload.count > 1')).toEqual({
      op: 'and',
      text: 'event.payload.ref == "refs/heads/main" and event.payload.count > 1',
      operands: [
        {
          op: '==',
          text: 'event.payload.ref == "refs/heads/main"',
          operands: [
            { op: 'read', text: 'event.payload.ref', path: ['event', 'payload', 'ref'], result: 'refs/heads/dev' },
            { op: 'literal', text: '"refs/heads/main"', result: 'refs/heads/main' },
          ],
          result: false,
        },
        { op: 'not_evaluated', text: 'event.payload.count > 1' },
      ],
      result: false,
    });
  });

  test('what is missing', () => {
    expect(proofOf('event.payload.base.ref')).toEqual({
      op: 'read',
      text: 'event.payload.base.ref',
      path: ['event', 'payload', 'base', 'ref'],
      missing: true,
      result: null,
    });
    expect(proofOf('split("a,b", ",")[5] == null')).toMatchObject({
      operands: [{ op: 'access', missing: true, result: null }, {}],
    });
  });

  test('how a computed key came about', () => {
    expect(proofOf('event.payload[event.payload.which]')).toEqual({
      op: 'read',
      text: 'event.payload[event.payload.which]',
      path: ['event', 'payload', 'ref'],
      operands: [{ op: 'read', text: 'event.payload.which', path: ['event', 'payload', 'which'], result: 'ref' }],
      result: 'refs/heads/dev',
    });
  });

  test('what a function of the scope said, without the rest of it', () => {
    expect(proofOf('result().code')).toEqual({
      op: 'read',
      text: 'result().code',
      path: ['result()', 'code'],
      result: 3,
    });
  });

  test('which function was called with what', () => {
    expect(proofOf('length(event.payload.items)')).toMatchObject({
      op: 'call',
      function: 'length',
      operands: [{ op: 'read', result: [{ id: 7 }] }],
      result: 1,
    });
  });
});

test.each([
  '1 + 2 * 3 - -4',
  'not (event.payload.count in [1, 2.0])',
  '9223372036854775807 + (1.0 - 0.0)',
  'sum([1.0, 0.5, 0.5]) + 9223372036854775807',
  '[1.0, 2][0] + 9223372036854775807',
  'event.payload.items.0.id + event.payload.items[-1].id',
  'split("a,b", ",").1',
  'get(event, ["payload", "nope"], "x") + result().lines[0]',
  '[event.payload, result()]',
  'event',
  'huge',
  'length(huge) > 10 and huge[3] == 3 and 4999 in huge',
  'essay + "!"',
  'length(essay + essay)',
  'upper(essay) == essay or starts_with(essay, "word")',
  'slice(huge, 0, 2000)',
  'length(range(3000)) + sum(slice(huge, 0, 3))',
  'sort(huge + [1.0])[0] + 9223372036854775807.0',
  'chunks(huge, 4000)[1] == slice(huge, 4000)',
  'nope.nope[nope]',
])('%s: evaluating, proving and replaying agree', (text) => {
  const expression = parseExpression(text);
  const scope = scopeOf(names, 'null', functions);
  const { value, proof } = prove(expression, scope);
  expect(value).toEqual(evaluate(expression, scope));
  expect(replay(parseJson(stringifyJson(proof)) as Proof)).toEqual(value);
});

describe('large values', () => {
  test('are left out, and the clause above stands on record', () => {
    const proof = proofOf('length(huge) > 10');
    expect(proof).toMatchObject({
      operands: [
        {
          op: 'call',
          recorded: true,
          result: 5_000,
          operands: [{ op: 'read', path: ['huge'], omitted: { type: 'array', size: 5_000 } }],
        },
        {},
      ],
    });
    expect(stringifyJson(proof).length).toBeLessThan(500);
  });

  test('begin with a preview if they are strings', () => {
    expect(proofOf('essay == ""')).toMatchObject({
      recorded: true,
      operands: [{ omitted: { type: 'string', size: 5_000, preview: `${'word '.repeat(40)}…` } }, {}],
    });
  });

  test('are kept where they are the result of the whole', () => {
    expect(proofOf('huge')).toMatchObject({ op: 'read', result: names['huge'] });
    const sum = proofOf('huge + huge');
    expect(sum).toMatchObject({ op: '+', recorded: true, operands: [{ omitted: {} }, { omitted: {} }] });
    expect(sum).not.toHaveProperty('omitted');
  });

  test('are computed again where that needs nothing large', () => {
    expect(proofOf('length(range(3000))')).toMatchObject({
      operands: [{ op: 'call', function: 'range', omitted: { type: 'array', size: 3_000 } }],
    });
  });
});

describe('what is no proof is refused', () => {
  test.each<[string, unknown]>([
    ['an operator nobody knows', { op: '**', text: '', operands: [] }],
    ['a function nobody knows', { op: 'call', function: 'constructor', text: '', operands: [] }],
    ['a leaf without its value', { op: 'read', text: 'x', path: ['x'] }],
    ['a value that was never computed', { op: 'not_evaluated', text: 'x' }],
    ['a clause without operands', { op: 'and', text: 'x' }],
  ])('%s', (_, proof) => expect(() => replay(proof as Proof)).toThrow('The proof cannot be replayed'));

  test('a false result does not survive', () => {
    const proof = proofOf('event.payload.count > 1');
    expect(replay({ ...proof, result: false })).toBe(true);
  });
});
