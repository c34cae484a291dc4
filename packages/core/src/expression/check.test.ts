import { describe, expect, test } from 'vitest';
import { checkCondition, checkExpression, checkTemplates } from './check.ts';
import { parseExpression } from './expression.ts';
import { referencesOf } from './reference.ts';

const known = { names: ['x', 'y', 'parameters'], functions: ['result', 'succeeded'] };
const problems = (text: string): string[] =>
  checkExpression(text, known).map(({ line, column, message }) => `${String(line)}:${String(column)} ${message}`);

describe('what is bound to fail is found before', () => {
  test.each([
    ['x +', '1:4 Expected a value'],
    ['lenght(x)', '1:1 There is no function "lenght". Did you mean "length"?'],
    ['suceeded()', 'Did you mean "succeeded"?'],
    ['paramters.a', 'Did you mean "parameters"?'],
    ['True', 'Did you mean "true"?'],
    ['length', '"length" is a function: write length(...)'],
    ['length()', '1:1 length takes 1 argument, not 0: length(value: string|array|object)'],
    ['slice(x)', '1:1 slice takes 2 to 3 arguments, not 1'],
    ['length(x) + "a"', '1:11 "+" takes two numbers'],
    ['upper(x) - 1', '1:10 "-" takes two numbers'],
    ['x < true', '1:3 "<" orders'],
    ['1 < x < 3', '1:7 "<" orders'],
    ['-keys(x)', '1:1 "-" negates a number, not a list'],
    ['x / 0', '1:3 The right side of "/" is zero'],
    ['x % (2 - 2)', '1:3 The right side of "%" is zero'],
    ['match("(", x)', 'is not a regular expression'],
    ['lower(length(x))', '1:7 lower takes a string'],
    ['x in 5', '1:3 "in" looks into'],
    ['length(x).y', '1:11 A number has no field "y"'],
    ['[1, 2][2]', '1:8 The index 2 is outside'],
    ['get(5 + "", 1)', '1:7 "+" takes'],
    ['9223372036854775807 + 1', '1:21 The result is an integer beyond 64 bits'],
    ['x and (y or 1 / 0)', '1:15 The right side'],
  ])('%s', (text, expected) => expect(problems(text).join('\n')).toContain(expected));

  test('all of it at once, in the order of the text', () => {
    expect(problems('foo(z) + (1 / 0)\n + bar()')).toHaveLength(4);
    expect(problems('foo(z) + (1 / 0)\n + bar()').map((problem) => problem.slice(0, 4))).toEqual([
      '1:1 ',
      '1:5 ',
      '1:13',
      '2:4 ',
    ]);
  });
});

test.each([
  'x + 1',
  'x.a.b[0] - y',
  'get(x, "a", null) + 1',
  'x[length(y)]',
  'result().code + 1',
  'result(1, 2)',
  'slice(x, 1) + "a"',
  'slice(x, 1) + [1]',
  'min(x, "a") < y',
  'number(x) + int("5")',
  'range(1000000)',
  'not x == 1',
  'x in y and y in x',
])('%s may work, so nothing is said', (text) => expect(problems(text)).toEqual([]));

test('conditions and templates are checked too', () => {
  expect(checkCondition('{{ x > }}', known)).toMatchObject([{ line: 1, column: 8, offset: 7 }]);
  expect(checkTemplates({ a: ['{{ x }}', 'b {{ z }} {{ 1 - "" }}'], b: '{{ ) }}', c: 'z' }, known)).toMatchObject([
    { pointer: '/a/1', offset: 5 },
    { pointer: '/a/1', offset: 15 },
    { pointer: '/b', offset: 3 },
  ]);
});

describe('references', () => {
  const paths = (text: string): string[] => referencesOf(parseExpression(text)).map(({ path }) => path.join(' '));

  test.each([
    ['task.probe.status', ['task probe status']],
    ['task["probe"]["status"] + x', ['task probe status', 'x']],
    ['task[name].status', ['task', 'name']],
    ['task.a[0].b', ['task a']],
    ['task.a[task.b].c', ['task a', 'task b']],
    ['get(task, "probe", y).status', ['task probe status', 'y']],
    ['get(task, x)', ['task', 'x']],
    ['result().a + length(task)', ['task']],
    ['[a, not b, -c, d and e, f("g")]', ['a', 'b', 'c', 'd', 'e']],
    ['1 + 2', []],
  ])('%s', (text, expected) => expect(paths(text)).toEqual(expected));

  test('have their places', () => {
    expect(referencesOf(parseExpression('1 +\n task.probe'))).toEqual([
      { path: ['task', 'probe'], offsets: [5, 10], position: { offset: 5, line: 2, column: 2 }, pointer: '' },
    ]);
    expect(referencesOf({ a: ['x', '{{ y }} {{ z.q }}'] })).toMatchObject([
      { path: ['y'], pointer: '/a/1', position: { offset: 3 } },
      { path: ['z', 'q'], pointer: '/a/1', position: { offset: 11 } },
    ]);
  });
});
