import { describe, expect, test } from 'vitest';
import { ExpressionError } from '../../expression/error.ts';
import { parseCondition, parseExpression } from '../../expression/expression.ts';
import { prove, proveHolds } from '../../expression/prove.ts';
import { renderTemplate } from '../../expression/render.ts';
import { replay } from '../../expression/replay.ts';
import { scopeOf, type Scope } from '../../expression/scope.ts';
import { evaluate } from '../../expression/evaluate.ts';
import type { JsonObject } from '../../json.ts';
import { secretMask } from '../../secret/sealed.ts';
import type { Decision } from '../conductor/decision.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { maskDecision } from './mask-decision.ts';
import { maskProof } from './mask-proof.ts';
import { retell } from './retell.ts';
import { secretsOf } from './secrets.ts';

const canary = 'hunter2-canary';
const names: JsonObject = {
  parameters: { token: canary, user: 'me', on: true },
  keystore: { pass: canary, map: { 'hunter2-canary': 1 } },
  config: { url: 'x' },
};

const definition: WorkflowDefinition = {
  ...{ ref: 'a.flow', label: '', description: null, version: '1.0.0', output: { token: { secret: true } } },
  parameters: { token: { secret: true }, user: {}, on: { secret: true } },
  ...{ vars: {}, output_map: null, tags: [], cancellation_policy: 'allow_finish', max_visits: 1000 },
  tasks: [
    {
      ...{ name: 'a', action: 'a.say', input: {}, when: null, with_items: null, batch_size: null, concurrency: null },
      ...{ delay: 0, join: null, retry: null, timeout: null, on_worker_lost: null },
      next: [{ when: null, publish: [{ kept: '{{ parameters.token }}', user: '{{ parameters.user }}' }], do: [] }],
    },
  ],
};
const secrets = secretsOf(definition, { config: [], results: {} });
const place = secrets.ending('a');

describe('a masked proof', () => {
  test.for([
    'parameters.token == "x"',
    'length(parameters.token) > 3 and parameters.user == "me"',
    'parameters.token + "!" == "hunter" or parameters.user == "me"',
    'parameters.on',
    'not parameters.on',
    'get(keystore, "pass", "none") in ["a", "hunter2"]',
    'parameters[lower("TOKEN")] == parameters.user',
    'get(keystore.map, keystore.pass, 0) == 1',
    'match("^h", upper(parameters.token))',
    'parameters.token',
  ])('tells nothing of the operands of %s, and replays to the same answer', (text) => {
    const { holds, proof } = proveHolds(parseExpression(text), scopeOf(names));
    const masked = maskProof(proof, (path) => secrets.at(path, place) !== undefined);
    const shown = JSON.stringify(masked);
    for (const secret of [canary, canary.toUpperCase()]) expect(shown).not.toContain(secret);
    expect(replay(masked)).toBe(holds);
  });

  test('is the proof itself where nothing is secret', () => {
    const { proof } = prove(parseExpression('parameters.user == "me"'), scopeOf(names));
    expect(maskProof(proof, (path) => secrets.at(path, place) !== undefined)).toBe(proof);
  });
});

describe('an error', () => {
  const scope: Scope = {
    ...scopeOf(names),
    retell: (error) =>
      retell(
        error,
        {
          graph: { definition },
          facts: { config: names['config'] as JsonObject, keystore: names['keystore'] as JsonObject, secrets },
        },
        place,
      ),
  };
  const told = (work: () => unknown): ExpressionError => {
    try {
      work();
    } catch (error) {
      if (error instanceof ExpressionError) return error;
      throw error;
    }
    throw new Error('There was no error');
  };

  test.for([
    'number(parameters.token)',
    'match("(" + keystore.pass, "x")',
    'parameters[parameters.token]',
    'keystore.map.x + "{{"',
  ])('of %s does not tell what the secret is', (text) => {
    for (const error of [
      told(() => evaluate(parseCondition(text), scope)),
      told(() => proveHolds(parseCondition(text), scope)),
      told(() => renderTemplate({ x: [`a {{ ${text.replace(' + "{{"', '')} }}`] }, scope)),
    ]) {
      expect(JSON.stringify(error.toRecord())).not.toContain('hunter2');
      expect(error.message).toMatch(
        /^The expression fails \(\w+\); more is not told, for it reads \S+, which is secret$/,
      );
    }
  });

  test('without a secret is told as it is, with its place', () => {
    const error = told(() => renderTemplate({ x: ['{{ number(parameters.user) }}'] }, scope));
    expect([error.message, error.pointer]).toEqual([expect.stringContaining('"me"'), '/x/0']);
  });

  test('about a key or a configuration that is missing says how to set it', () => {
    expect(told(() => evaluate(parseExpression('keystore.api_key'), scope)).message).toBe(
      'No key "api_key" is visible to pack a; set it with: attune key set api_key --owner pack:a',
    );
    expect(told(() => evaluate(parseExpression('keystore["x.y"]'), scope)).message).toMatch(/^No key "x.y" is visible/);
    expect(told(() => evaluate(parseExpression('1 + config.port'), scope)).message).toBe(
      'The configuration of pack a has no value for "port"; set it with: attune pack config set a port',
    );
    expect(told(() => evaluate(parseExpression('keystore.pass.x'), scope)).message).toMatch(/more is not told/);
    expect(evaluate(parseExpression('get(keystore, "api_key", "none")'), scope)).toBe('none');
  });
});

test('a masked decision shows no variable that may hold a secret, and nothing that the output marks', () => {
  const decision: Decision = {
    finished: null,
    transitions: [{ task: 'a', visit: 1, index: 0, fired: true, published: { kept: canary, user: 'me' } }],
    targets: [],
    outcome: { status: 'completed', result: { token: canary, succeeded: true } },
  };
  expect(maskDecision(decision, secrets, definition.output)).toEqual({
    ...decision,
    transitions: [{ ...decision.transitions[0], published: { kept: secretMask, user: 'me' } }],
    outcome: { status: 'completed', result: { token: secretMask, succeeded: true } },
  });
});
