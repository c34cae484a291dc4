import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { liveBlock } from './live-block.ts';

function screen(columns: number, rows: number) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns, rows });
  return { stream, read: () => String(stream.read() ?? '') };
}

test('a second drawing goes up by the lines of the first', () => {
  const { stream, read } = screen(80, 24);
  const block = liveBlock(stream);
  block.draw(['one', 'two']);
  expect(read()).toBe('\r\u001b[0Jone\ntwo\n');
  block.draw(['three']);
  expect(read()).toBe('\r\u001b[2A\u001b[0Jthree\n');
  block.clear();
  expect(read()).toBe('\r\u001b[1A\u001b[0J');
  block.clear();
  expect(read()).toBe('');
});

test('lines are cut to the width without breaking colours', () => {
  const { stream, read } = screen(6, 24);
  liveBlock(stream).draw(['\u001b[31mabcdefgh\u001b[39m']);
  expect(read()).toBe('\r\u001b[0J\u001b[31mabcde\u001b[39m\n');
});

test('what does not fit the height is counted', () => {
  const { stream, read } = screen(80, 4);
  liveBlock(stream).draw(['a', 'b', 'c', 'd', 'e']);
  expect(read()).toBe('\r\u001b[0Ja\nb\n… 3 more\n');
});
