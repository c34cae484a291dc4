import { expect, test } from 'vitest';
import { checkFiles, digestFiles, digestPack, isSafePath, type PackFile } from './files.ts';

const file = (text: string, mode: PackFile['mode'] = 0o644): PackFile => ({
  content: new TextEncoder().encode(text),
  mode,
});
const digestOf = (files: [string, PackFile][]): string => digestPack(digestFiles(new Map(files)));

test('a digest depends on paths, modes and contents, not on the order they come in', () => {
  const a = digestOf([
    ['a', file('1')],
    ['b', file('2')],
  ]);
  expect(
    digestOf([
      ['b', file('2')],
      ['a', file('1')],
    ]),
  ).toBe(a);
  expect(
    digestOf([
      ['a', file('1')],
      ['b', file('3')],
    ]),
  ).not.toBe(a);
  expect(
    digestOf([
      ['a', file('1')],
      ['c', file('2')],
    ]),
  ).not.toBe(a);
  expect(
    digestOf([
      ['a', file('1', 0o755)],
      ['b', file('2')],
    ]),
  ).not.toBe(a);
});

test.each(['a', 'actions/run.sh', '.hidden/x', 'a b/ü.txt', '..a/b..'])('%j is a safe path', (path) => {
  expect(isSafePath(path)).toBe(true);
});

test.each([
  '',
  '/etc/passwd',
  '../x',
  'a/../../x',
  'a//b',
  'a/',
  './a',
  'a\\b',
  'a\0b',
  'a\nb',
  'C:\\x',
  'x'.repeat(256),
])('%j is not', (path) => {
  expect(isSafePath(path)).toBe(false);
});

test('each limit is an error of its own, and reached is not passed', () => {
  const files = new Map([
    ['a', file('12')],
    ['b/c', file('345')],
  ]);
  const limits = { files: 2, file_bytes: 3, total_bytes: 5 };
  expect(checkFiles(files, limits)).toEqual([]);
  expect(checkFiles(files, { ...limits, files: 1 })).toEqual([
    { message: 'A pack may have at most 1 files, not 2', code: 'wrong_file' },
  ]);
  expect(checkFiles(files, { ...limits, file_bytes: 2 })).toEqual([
    { message: 'A file may have at most 2 bytes, not 3', file: 'b/c', code: 'wrong_file' },
  ]);
  expect(checkFiles(files, { ...limits, total_bytes: 4 })).toEqual([
    { message: 'The files of a pack may have at most 4 bytes in all, not 5', code: 'wrong_file' },
  ]);
});

test('a file cannot lie inside a file', () => {
  expect(
    checkFiles(
      new Map([
        ['a', file('')],
        ['a/b', file('')],
      ]),
    ),
  ).toEqual([{ message: 'a is a file, so nothing can be inside it', file: 'a/b', code: 'wrong_file' }]);
});
