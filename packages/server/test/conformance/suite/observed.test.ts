import { expect, test } from 'vitest';
import { readExpectation } from './expectation.ts';
import { expectRun, type ObservedAttempt, type ObservedRun } from './observed.ts';

const attempt = (more: Partial<ObservedAttempt>): ObservedAttempt => ({
  ...{ task: 'a', visit: 1, item: null, attempt: 1, status: 'completed', started: true },
  ...{ input: {}, result: {}, waited: 0, within: null },
  ...more,
});

const observed: ObservedRun = {
  status: 'failed',
  output: { error: 'Workflow failed: a, it has x', succeeded: false, at: 7 },
  variables: { list: [1, { deep: 'x' }] },
  skipped: ['b#2'],
  attempts: [
    attempt({ status: 'failed', result: { error: 'disk "full"' } }),
    attempt({ attempt: 2, waited: 1.5, input: { size: 3 } }),
    attempt({ task: 'c', item: 1, started: false, status: 'cancelled' }),
  ],
  at_once: { c: 1 },
  decisions: [{ targets: [] }],
  disagreement: null,
};

const wanted = `
status: failed
sequence: [a failed, [c.1 cancelled unstarted, a/2 completed]]
skipped: [b#2]
variables: { list: [1, { deep: x }] }
output: { error: 'Workflow failed: <any>', succeeded: false, at: <any> }
inputs: { a/2: { size: 3 } }
errors: { a: 'disk "full"' }
waits: { a/2: 1 }
at_once: { c: 1 }
`;

const compare = (text: string) => () => expectRun('x.yaml', observed, readExpectation(text, 'x.expect.yaml').run);

test('a run that shows what was expected passes', () => {
  expect(compare(wanted)).not.toThrow();
});

test.each([
  ['status: failed', 'status: completed'],
  ['a failed,', 'a completed,'],
  [' unstarted', ''],
  ['a/2 completed', 'a#2 completed'],
  ['[b#2]', '[b]'],
  ['deep: x', 'deep: y'],
  ['failed: <any>', 'ended: <any>'],
  ['at: <any>', 'at: 7, more: 1'],
  ['size: 3', 'size: 3.5'],
  ['disk', 'disc'],
  ['a/2: 1 }', 'a/2: 2 }'],
  ['c: 1', 'c: 2'],
])('one that differs in %j does not', (was, is) => {
  expect(wanted).toContain(was);
  expect(compare(wanted.replace(was, is))).toThrow(/x\.yaml\ndecision 1: \{"targets":\[\]\}/);
});

test('a key that means nothing is refused', () => {
  expect(() => readExpectation('statuss: failed\n', 'x.expect.yaml')).toThrow(/x\.expect\.yaml:1:1: .*"status"/);
});
