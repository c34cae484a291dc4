import { expect, test } from 'vitest';
import { readYaml } from './document.ts';

/** The place of the character `!` in the value of the key `a`, and where it stands in the text. */
function places(lines: string[]): { told: string; real: string } {
  const document = readYaml(lines.join('\n'), 'a.yaml');
  const value = (document.value as { a: string }).a;
  const { line, column, end_column = 0 } = document.within('/a', value.indexOf('!'), 1);
  const row = lines.findIndex((text) => text.includes('!'));
  const place = (lines[row] ?? '').indexOf('!') + 1;
  return { told: `${line}:${column}-${end_column}`, real: `${row + 1}:${place}-${place + 1}` };
}

test.each([
  ['plain', ['a: one two !']],
  ['plain over lines', ['a: one', '  two', '', '  three !']],
  ['single quotes', ["a: 'it''s here !'"]],
  ['double quotes', ['a: "tab \\t quote \\" \\x41 \\u00e9 \\U0001F600 here !"']],
  ['double quotes over lines', ['a: "one \\', '  two', '  three !"']],
  ['a literal block', ['b: 1', 'a: |', '    one', '      deeper', '    two !', 'c: 2']],
  ['a folded block', ['a: >-', '  one', '  two', '', '  three !']],
])('a character of a text in %s is found in the file', (_, lines) => {
  const { told, real } = places(lines);
  expect(told).toBe(real);
});

test('what is no text has the place of its beginning', () => {
  const document = readYaml('a: 5\nb: text', 'a.yaml');
  expect(document.within('/a', 3)).toMatchObject({ line: 1, column: 4 });
  expect(document.within('/b', 99)).toEqual({ line: 2, column: 8 });
});
