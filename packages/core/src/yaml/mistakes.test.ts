import { expect, test } from 'vitest';
import { readYaml } from './document.ts';

const problemsOf = (text: string): string[] =>
  readYaml(text, 'x.yaml').problems.map(
    ({ line, column, code, message }) => `${line}:${column} ${code ?? 'no code'}: ${message}`,
  );

const indentation = (column: number): string =>
  `Nothing can begin in column ${column} here: let it begin in the same column as the lines it belongs with`;

test.each([
  ['tasks:\n\t- a', '2:1 yaml_tab: A tab stands where YAML wants spaces: indent with spaces only'],
  ['t:\n  - name: a\n\t  action: b', '3:1 yaml_tab: A tab stands where YAML wants spaces: indent with spaces only'],
  ['t:\n  - name: a\n   action: b', `3:4 yaml_indentation: ${indentation(4)}`],
  ['t:\n  - name: a\n      action: b', `3:7 yaml_indentation: ${indentation(7)}`],
  ['a: 1\n  b: 2\n', `2:3 yaml_indentation: ${indentation(3)}`],
  ['  a: 1\nb: 2\n', `2:1 yaml_indentation: ${indentation(1)}`],
  ['t:\n  - name: a\n - name: b\n', `3:2 yaml_indentation: ${indentation(2)}`],
  ['t:\n  - a\n  b: 1\n', `3:3 yaml_indentation: ${indentation(3)}`],
  ['m: a: b\n', '1:4 yaml_quotes: A text with ": " in it needs quotes, else YAML reads a key there'],
  [
    'when: "a" in x\n',
    `1:11 yaml_quotes: A value that begins with a quote ends with it: put the whole value in single quotes, as in '"a" in x'`,
  ],
  [
    "when: 'a' in x\n",
    `1:11 yaml_quotes: A value that begins with a quote ends with it: put the whole value in double quotes, as in "'a' in x"`,
  ],
  ['- when: "a\n  b: 1\n', '1:9 yaml_syntax: The quote that opens here is never closed'],
  ['when:succeeded()\nb: 1\n', '1:1 yaml_syntax: A colon needs a space behind it: write "when: succeeded()"'],
  ['version\nb: 1\n', '1:1 yaml_syntax: This line is no entry of the map: a key needs ": " and a value behind it'],
  ['m: @x', '1:4 yaml_quotes: A text that begins with @ needs quotes: YAML keeps the character for itself'],
  ['m: %x', '1:4 yaml_quotes: A text that begins with % needs quotes: YAML keeps the character for itself'],
  [
    'm: *x',
    '1:4 yaml_quotes: No value before this alias carries the anchor &x; a text that begins with * needs quotes',
  ],
  [
    'when: !x.y',
    '1:7 yaml_quotes: !x.y is a tag to YAML, and no known one: put quotes around the value; in an expression write "not" instead of "!"',
  ],
  ['when: > 3', '1:7 yaml_quotes: A text that begins with | or > needs quotes: YAML begins a block of lines there'],
  ['m: [a, b\nc: 1\n', '2:1 yaml_syntax: The list that began with [ is not closed before this line: add ]'],
  ['m: { a: 1\nc: 1\n', '2:1 yaml_syntax: The map that began with { is not closed before this line: add }'],
  [
    'm: { a: f["x", b] }',
    '1:10 yaml_syntax: Something is missing between two parts here: a comma or a colon, or quotes around a text with , : [ ] { } in it',
  ],
  [
    'm: { a[0] }',
    '1:7 yaml_syntax: Something is missing between two parts here: a comma or a colon, or quotes around a text with , : [ ] { } in it',
  ],
])('%j is told once, in an author’s words', (text, problem) => {
  expect(problemsOf(text)).toEqual([problem]);
});

test.each([
  ['m: {{ x }}', "'{{ x }}'"],
  ['m: {{ x.y }} and more # comment', "'{{ x.y }} and more'"],
  ['m: {{ a[0] }}', "'{{ a[0] }}'"],
  ["m: {{ f('a', 2) }}", `"{{ f('a', 2) }}"`],
  [`m: {{ f('a', "b") }}`, '"..."'],
  ['m: {{ "}}" }}', `'{{ "}}" }}'`],
  ['m: [1, {{ x }}, 2]', "'{{ x }}'"],
  ['m: { a: {{ y }}, z: 1 }', "'{{ y }}'"],
  ['- {{ x == "b" }}', `'{{ x == "b" }}'`],
])('a template without quotes is told as one: %s', (text, example) => {
  expect(problemsOf(text)).toEqual([
    `1:${text.indexOf('{{') + 1} yaml_template: A value that begins with {{ needs quotes, else YAML reads a map there: write ${example}`,
  ]);
});

test.each([
  ['m: { when: get(x, "y", 0) > 3, do: [a] }', `'get(x, "y", 0) > 3'`],
  ["m: [f(a, 'b'), 1]", `"f(a, 'b')"`],
  ['m: { a: f(b[0], c) }', "'f(b[0], c)'"],
])('a call that a comma cuts is told as one: %s', (text, example) => {
  const start = Math.max(text.indexOf('get('), text.indexOf('f('));
  expect(problemsOf(text)).toEqual([
    `1:${start + 1} yaml_quotes: A comma ends a value inside of { } and [ ], so this one needs quotes: write ${example}`,
  ]);
});

test('what is around a template without quotes, or a key that stands twice, can still be read', () => {
  const document = readYaml('a: {{ x }} y # why\nb: { c: {{ z[0] }}, d: 1 }\na: 2\ne: 3\n', 'x.yaml');
  expect(document.value).toBeUndefined();
  expect(document.readable).toMatchObject({ a: 2, b: { d: 1 }, e: 3 });
  expect(document.problems.map(({ line, code }) => [line, code])).toEqual([
    [1, 'yaml_template'],
    [2, 'yaml_template'],
    [3, 'yaml_duplicate_key'],
  ]);
  expect(document.at('/e')).toMatchObject({ line: 4, column: 4 });
});

test('a map in a map has its braces apart, and is none of this', () => {
  expect(problemsOf('m: { a: f(b), c: (d) }\nl: f(a, b)')).toEqual([]);
  expect(problemsOf('m: { a: { b: 1 } }\nn: [{ a: 1 }]\nt: "{{ x }}"\nu: a {{ b }}')).toEqual([]);
});
