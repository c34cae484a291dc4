import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testTerminal } from '../terminal.test-support.ts';
import { readParams } from './params.ts';

const wholeOption = '--params-json';

test('a value is JSON where it parses as such, else text', async () => {
  await using terminal = await testTerminal();
  const param = [
    'n=3',
    'flag=true',
    'list=[1, "a"]',
    'text=hello world',
    'url=a=b',
    'empty=',
    'quoted="3"',
    'none=null',
  ];
  expect(await readParams(terminal, { param, wholeOption })).toEqual({
    n: 3,
    flag: true,
    list: [1, 'a'],
    text: 'hello world',
    url: 'a=b',
    empty: '',
    quoted: '3',
    none: null,
  });
});

test('an integer beyond 2^53 keeps its digits', async () => {
  await using terminal = await testTerminal();
  expect(await readParams(terminal, { param: ['id=9007199254740993'], wholeOption })).toEqual({
    id: 9007199254740993n,
  });
});

test('@FILE takes the content of a file, @@ is an @', async () => {
  await using terminal = await testTerminal();
  await writeFile(join(terminal.folder, 'body.json'), '{"a": [1]}');
  await writeFile(join(terminal.folder, 'note.txt'), 'two\nlines\n');
  expect(
    await readParams(terminal, { param: ['body=@body.json', 'note=@note.txt', 'who=@@alice'], wholeOption }),
  ).toEqual({
    body: { a: [1] },
    note: 'two\nlines\n',
    who: '@alice',
  });
});

test('--param replaces a key of --params-json', async () => {
  await using terminal = await testTerminal();
  expect(await readParams(terminal, { whole: '{"a": 1, "b": 2}', param: ['b=3'], wholeOption })).toEqual({
    a: 1,
    b: 3,
  });
});

test('--params-json reads a file and standard input', async () => {
  await using terminal = await testTerminal({ stdin: '{"b": 2}' });
  await writeFile(join(terminal.folder, 'all.json'), '{"a": 1}');
  expect(await readParams(terminal, { whole: '@all.json', wholeOption })).toEqual({ a: 1 });
  expect(await readParams(terminal, { whole: '-', wholeOption })).toEqual({ b: 2 });
});

test.for([
  [{ param: ['novalue'] }, "--param 'novalue' is not NAME=VALUE"],
  [{ param: ['=x'] }, "--param '=x' is not NAME=VALUE"],
  [{ param: ['a=@missing.json'] }, 'missing.json: there is no such file'],
  [{ whole: '{' }, '--params-json is not JSON'],
  [{ whole: '[1]' }, '--params-json is not a JSON object'],
] as const)('%j is refused, naming the option', async ([options, message]) => {
  await using terminal = await testTerminal();
  await expect(readParams(terminal, { ...options, wholeOption })).rejects.toThrow(message);
});
