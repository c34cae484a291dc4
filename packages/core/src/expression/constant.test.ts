import { expect, test } from 'vitest';
import { constantOf, truthOf } from './constant.ts';
import { parseExpression } from './expression.ts';
import type { Node } from './node.ts';

const known = (node: Node) => (node.kind === 'call' && node.name === 'succeeded' ? true : undefined);
const constant = (text: string) => constantOf(parseExpression(text).root, known);
const truth = (text: string) => truthOf(parseExpression(text).root, known);

test.each([
  ['1 + 2', 3],
  ['"a" in ["a", "b"]', true],
  ['length("abc") * 2', 6],
  ['[1, upper("a")][1]', 'A'],
  ['-(2)', -2],
  ['succeeded()', true],
  ['succeeded() == true', true],
  ['not succeeded()', false],
  ['x', undefined],
  ['x + 1', undefined],
  ['1 / 0', undefined],
  ['nope()', undefined],
  ['length()', undefined],
  ['range(1000000)', undefined],
])('%s is %j', (text, value) => expect(constant(text)).toEqual(value));

test.each([
  ['x and false', false],
  ['x or 1', true],
  ['x and succeeded()', undefined],
  ['not (x and 0)', true],
  ['[]', false],
  ['x == x', undefined],
])('%s counts as %j', (text, value) => expect(truth(text)).toBe(value));
