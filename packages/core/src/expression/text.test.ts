import { expect, test } from 'vitest';
import { errorOf, valueInRule, valueOf } from './given.test-support.ts';

const names = { wide: 'añ😀b\uffee', list: [1, 2, 3], user: { name: 'Ann' } };

test('strings are made of characters', () => {
  expect(
    valueOf('[length(wide), wide[2], wide[-1], slice(wide, 2, 4), reversed(wide), index_of(wide, "b")]', names),
  ).toEqual([5, '😀', '\uffee', '😀b', '\uffeeb😀ña', 3]);
  expect(valueOf('split(wide, "")', names)).toEqual(['a', 'ñ', '😀', 'b', '\uffee']);
  expect(valueOf('replace("a😀", "", "-")')).toBe('-a-😀-');
  expect(valueOf('[count("aaa", "aa"), count("ab", ""), index_of("ab", ""), "" in ""]')).toEqual([1, 3, 0, true]);
});

test('and are ordered by code points', () => {
  expect(valueOf('"\uffee" < "😀"')).toBe(true);
  expect(valueOf('sort(["😀", "\uffee", "b", "a", ""])')).toEqual(['', 'a', 'b', '\uffee', '😀']);
  expect(valueOf('keys(x)', { x: { '😀': 1, b: 2, '\uffee': 3 } })).toEqual(['b', '\uffee', '😀']);
});

test('errors of access name what there is', () => {
  const message = (text: string) => errorOf(() => valueOf(text, names)).message;
  expect(message('user.nme')).toBe(
    'There is no field "nme"; it has "name". Did you mean "name"? get(object, "nme", default) reads what may be missing',
  );
  expect(message('list[3]')).toBe('The index 3 is outside of the list, whose length is 3; length(x) tells it');
  expect(message('list["a"]')).toBe('A list is indexed by an integer, not by the name "a"; int(x) makes one');
  expect(message('user[1]')).toBe('A field is named by a string, not by a number');
  expect(message('usr')).toBe(
    'There is no "usr" here; known are wide, list, user. Did you mean "user"? Put text in quotes',
  );
});

test('in a rule no access fails', () => {
  for (const text of [
    'nope',
    'nope.a.b',
    'user.nope',
    'list[9]',
    'list["a"]',
    'user[1]',
    'list[null]',
    'user.name.x',
    'wide[99]',
  ]) {
    expect(valueInRule(text, names), text).toBeNull();
  }
});

test('patterns take time linear in the text', () => {
  const started = performance.now();
  expect(valueOf('match("^(a+)+$", x)', { x: `${'a'.repeat(50_000)}b` })).toBe(false);
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(valueOf(String.raw`match("^v\d+\.\d+", "v1.20")`)).toBe(true);
  for (const pattern of ['(', '[a', 'a{2000}', '(?<=a)b', String.raw`(a)\1`, 'a'.repeat(1_001)]) {
    expect(errorOf(() => valueOf('match(p, "a")', { p: pattern })).kind, pattern).toBe('pattern');
  }
});
