import { expect, test } from 'vitest';
import { readYaml } from './document.ts';

const problemsOf = (text: string) => readYaml(text, 'x.yaml').problems.map((p) => `${p.line}:${p.column} ${p.message}`);

test('a value knows where it and its key stand', () => {
  const doc = readYaml('a: 1\nlist:\n  - name: one\n    when: "x"\n  - [2, {deep: 3}]\nempty:\n', 'x.yaml');
  expect(doc.problems).toEqual([]);
  expect(JSON.parse(JSON.stringify(doc.value))).toEqual({
    a: 1,
    list: [{ name: 'one', when: 'x' }, [2, { deep: 3 }]],
    empty: null,
  });
  expect(doc.at('')).toMatchObject({ line: 1, column: 1 });
  expect(doc.at('/list/0/when')).toMatchObject({ line: 4, column: 11 });
  expect(doc.keyAt('/list/0/when')).toMatchObject({ line: 4, column: 5 });
  expect(doc.at('/list/1/1/deep')).toMatchObject({ line: 5, column: 16 });
  expect(doc.at('/empty').line).toBe(6);
  expect(doc.keyAt('/list/0/when')).toEqual({ line: 4, column: 5, end_line: 4, end_column: 9 });
  expect(doc.at('/list/0')).toEqual({ line: 3, column: 5 });
  expect(doc.at('/list/0/missing/deeper')).toMatchObject({ line: 3, column: 5 });
});

test('keys with slashes and tildes are found by escaped pointers', () => {
  const doc = readYaml('a/b:\n  c~d: 1\n', 'x.yaml');
  expect(doc.at('/a~1b/c~0d')).toMatchObject({ line: 2, column: 8 });
});

test('integers beyond 2^53 keep their digits, smaller ones are numbers', () => {
  expect(readYaml('[9007199254740993, 12, 012, 0x1F, 1.5, no]', 'x.yaml').value).toEqual([
    9007199254740993n,
    12,
    12,
    31,
    1.5,
    'no',
  ]);
});

test.each([
  ['a: 1\nb: 2\na: 3', '3:1 The key "a" stands twice in the same map'],
  ['a: 1\n---\nb: 2', '2:1 The file must hold one YAML document, and a second one begins here'],
  ['a: "x\\0"', '1:4 A text must not contain the character U+0000 or a surrogate without its other half'],
  ['a: "\\ud800"', '1:4 A text must not contain the character U+0000 or a surrogate without its other half'],
  [
    'a: !foo 3',
    '1:4 !foo is a tag to YAML, and no known one: put quotes around the value; in an expression write "not" instead of "!"',
  ],
  ['a: .inf', '1:4 A number must be finite: JSON knows no infinity and no not-a-number'],
  ['true: 1', '1:1 A key must be a text: put quotes around true'],
  ['[x]: 1', '1:1 A key must be a text, not a list, a map or an alias'],
  ['k: &x [*x]', '1:8 The alias *x refers to a value that contains it'],
  ['a: *nope', '1:4 No value before this alias carries the anchor &nope; a text that begins with * needs quotes'],
  ['', '1:1 The file is empty'],
  ['# only a comment\n', '1:1 The file is empty'],
])('%j is refused with its place', (text, problem) => {
  const doc = readYaml(text, 'x.yaml');
  expect(doc.value).toBeUndefined();
  expect(problemsOf(text)).toEqual([problem]);
});

test('a syntax error names its line', () => {
  expect(problemsOf('a: [1,2\nb: 3')[0]).toMatch(/^2:1 /);
});

test('an alias is a value of its own, placed where its target stands', () => {
  const doc = readYaml('a: &x\n  b: 1\nc: *x\n', 'x.yaml');
  expect(JSON.parse(JSON.stringify(doc.value))).toEqual({ a: { b: 1 }, c: { b: 1 } });
  expect(doc.at('/c')).toMatchObject({ line: 3, column: 4 });
  expect(doc.at('/c/b')).toMatchObject({ line: 2, column: 6 });
});

test('a bomb of aliases, a deep nest and a long file are stopped', () => {
  const bomb = [
    'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
    ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]`),
  ];
  expect(problemsOf(bomb.join('\n'))[0]).toContain('expands to more than 100000 values');
  expect(problemsOf('['.repeat(20_000))).toEqual(['1:1 Lists and maps are nested deeper than 100 levels']);
  expect(problemsOf('- '.repeat(20_000))).toEqual(['1:1 Lists and maps are nested deeper than 100 levels']);
  expect(problemsOf('a'.repeat(1_048_577))).toEqual(['1:1 The file is longer than 1048576 characters']);
});

test('many keys are read in time that grows with their number', () => {
  const text = Array.from({ length: 50_000 }, (_, i) => `k${i}: 1`).join('\n');
  expect(readYaml(text, 'x.yaml').problems).toEqual([]);
});

test('an anchor set again stands for the newer value from there on', () => {
  const { value } = readYaml('[&x 1, *x, &y [&x 2], *x, *y, *x]', 'x.yaml');
  expect(value).toEqual([1, 1, [2], 2, [2], 2]);
});

test('many aliases are resolved in one walk', () => {
  const text = `[&a 1, ${'*a, '.repeat(40_000)}]`;
  expect(readYaml(text, 'x.yaml').problems).toEqual([]);
});

test('__proto__ is a key like any other', () => {
  const { value } = readYaml('__proto__: { polluted: true }', 'x.yaml');
  expect(Object.keys(value as object)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
