import { describe, expect, test } from 'vitest';
import type { Json } from '../json.ts';
import { errorOf } from './given.test-support.ts';
import { renderTemplate } from './render.ts';
import { scopeOf } from './scope.ts';
import { parseTemplate } from './template.ts';

const scope = scopeOf({
  n: 3,
  half: 0.5,
  name: 'Ann',
  nothing: null,
  yes: true,
  list: [1, 'a', null],
  map: { b: 1, a: { c: 2 } },
  trap: '{{ n }}',
  large: 9223372036854775807n,
});
const render = (value: Json): Json => renderTemplate(value, scope);

describe('one expression keeps its type', () => {
  test.each<[string, Json]>([
    ['{{ n }}', 3],
    ['  {{n}}\n', 3],
    ['{{ large }}', 9223372036854775807n],
    ['{{ nothing }}', null],
    ['{{ list }}', [1, 'a', null]],
    ['{{ map.a }}', { c: 2 }],
    ['{{ "" }}', ''],
  ])('%j', (text, expected) => expect(render(text)).toEqual(expected));
});

describe('a longer text is text', () => {
  test.each([
    ['n is {{ n }}.', 'n is 3.'],
    ['{{ n }}{{ half }}', '30.5'],
    ['{{ name }} {{ nothing }}{{ yes }}', 'Ann true'],
    ['{{ list }} {{ map }}', '[1,"a",null] {"a":{"c":2},"b":1}'],
    ['{{ large }}!', '9223372036854775807!'],
    ['no expression', 'no expression'],
    ['', ''],
    ['{ n } }} {', '{ n } }} {'],
  ])('%j', (text, expected) => expect(render(text)).toBe(expected));
});

describe('where a block ends', () => {
  test.each([
    [`{{ "}}" }}`, '}}'],
    [`a {{ '}}' + "'}}" }} b`, `a }}'}} b`],
    [String.raw`{{ "\"}}" }}`, '"}}'],
    [`{{ '{{' }} n {{ '}}' }}`, '{{ n }}'],
    [`it's {{ name }}'s`, "it's Ann's"],
  ])('not in a string literal: %j', (text, expected) => expect(render(text)).toBe(expected));

  test('what nothing closes is text', () => {
    expect(render('{{ n')).toBe('{{ n');
    expect(render('{{ n }} and {{ n')).toBe('3 and {{ n');
  });

  test('a string that nothing closes is an error, not the rest of the text', () => {
    const error = errorOf(() => render("a {{ 'b }} c {{ n }}"));
    expect([error.kind, error.position.offset]).toEqual(['parse', 5]);
  });
});

test('what was rendered is not rendered again', () => {
  expect(render('{{ trap }}')).toBe('{{ n }}');
  expect(render('<{{ trap }}>')).toBe('<{{ n }}>');
});

test('lists and values of maps are rendered, keys are not', () => {
  expect(render({ a: ['{{ n }}', { b: '{{ name }}!' }], '{{ n }}': 1, c: 5, d: null })).toEqual({
    a: [3, { b: 'Ann!' }],
    '{{ n }}': 1,
    c: 5,
    d: null,
  });
});

test('an error tells where in the value and where in the text', () => {
  const error = errorOf(() => render({ 'a/b': ['ok', 'first\nline {{ n + name }}'] }));
  expect(error.kind).toBe('type');
  expect(error.details).toEqual([{ message: error.message, line: 2, column: 11, pointer: '/a~1b/1' }]);
  expect(error.toRecord()).toEqual({
    kind: 'type',
    message: '"+" takes two numbers, two strings or two lists, not a number and a string; string(x) makes a string',
    expression: 'first\nline {{ n + name }}',
    line: 2,
    column: 11,
    pointer: '/a~1b/1',
  });
});

test('an empty block is an error', () => {
  expect(errorOf(() => render('a {{ }}')).position.offset).toBe(5);
});

test('a template knows its parts', () => {
  const template = parseTemplate('a {{ n }} b');
  expect(template.parts.map((part) => (typeof part === 'string' ? part : part.root.kind))).toEqual([
    'a ',
    'name',
    ' b',
  ]);
  expect(template.isWhole).toBe(false);
});
