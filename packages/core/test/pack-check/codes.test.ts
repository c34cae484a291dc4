import { expect, test } from 'vitest';
import { problemCodes, type ProblemCode } from '../../src/problem-code.ts';
import { check, checkExample } from './check.ts';
import { around, examples } from './examples.ts';

test('the pack around the examples has nothing to say', () => {
  expect(check(around)).toEqual([]);
});

test.each(Object.entries(examples))('%s', (code, example) => {
  const findings = checkExample(example);
  const told = findings.filter((one) => one.code === code);
  expect(told).not.toEqual([]);
  expect(told.map(({ severity }) => severity)).toContain(problemCodes[code as ProblemCode].severity);
  // Nothing else is wrong, so that the example shows just this.
  expect(findings.filter((one) => one.severity === 'error' && one.code !== code)).toEqual([]);
});
