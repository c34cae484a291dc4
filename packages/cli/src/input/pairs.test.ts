import { expect, test } from 'vitest';
import { readHeaders } from './pairs.ts';

test('headers are given with = or :, and their names are lower case', () => {
  expect(readHeaders(['X-GitHub-Event=push', 'accept: */*', 'x-empty='])).toEqual({
    'x-github-event': 'push',
    accept: '*/*',
    'x-empty': '',
  });
});

test.for(['push', 'bad name=1', 'a=line\nbreak'])('%j is refused', (text) => {
  expect(() => readHeaders([text])).toThrow('is not NAME=VALUE');
});
