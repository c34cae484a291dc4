import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { between, formatDuration } from './duration.ts';
import { formatInstant } from './instant.ts';
import { paintFor } from './paint.ts';
import { renderValue } from './render.ts';
import { drawTree } from './tree.ts';

test.for([
  [0, '0ms'],
  [999.4, '999ms'],
  [1_000, '1.0s'],
  [59_940, '59.9s'],
  [59_970, '1m 0s'],
  [3_599_000, '59m 59s'],
  [3_660_000, '1h 1m'],
  [90_000_000, '1d 1h'],
] as const)('%d ms are %s', ([ms, text]) => {
  expect(formatDuration(ms)).toBe(text);
});

test('the time between two instants is never negative, and unknown where one is', () => {
  expect(between('2026-11-24T10:00:00.000000Z', '2026-11-24T10:00:01.500000Z')).toBe(1_500);
  expect(between('2026-11-24T10:00:01.000000Z', '2026-11-24T10:00:00.000000Z')).toBe(0);
  expect(between(null, '2026-11-24T10:00:00.000000Z')).toBeUndefined();
});

test('an instant is shown to the second', () => {
  expect(formatInstant('2026-11-24T10:00:00.123456Z')).toBe('2026-11-24T10:00:00Z');
  expect(formatInstant(null)).toBeNull();
});

test('programs get every digit of an integer, in both formats', () => {
  const value = { id: 9007199254740993n, text: 'no' };
  expect(renderValue(value, 'json')).toBe('{\n  "id": 9007199254740993,\n  "text": "no"\n}');
  expect(renderValue(value, 'yaml')).toBe('id: 9007199254740993\ntext: no');
});

test('a tree is drawn with lines', () => {
  const leaf = (text: string) => ({ text, children: [] });
  expect(drawTree({ text: 'root', children: [{ text: 'a', children: [leaf('b'), leaf('c')] }, leaf('d')] })).toEqual([
    'root',
    '├─ a',
    '│  ├─ b',
    '│  └─ c',
    '└─ d',
  ]);
});

test('colours only on a terminal, and never with NO_COLOR', () => {
  const piped = new PassThrough();
  const screen = Object.assign(new PassThrough(), { isTTY: true });
  expect(paintFor(screen, {}).red('x')).not.toBe('x');
  expect(paintFor(piped, {}).red('x')).toBe('x');
  expect(paintFor(screen, { NO_COLOR: '1' }).red('x')).toBe('x');
  expect(paintFor(screen, { TERM: 'dumb' }).red('x')).toBe('x');
});
