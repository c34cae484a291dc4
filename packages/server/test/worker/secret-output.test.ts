import type { JsonObject } from '@attune/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBench, type Bench } from './bench.ts';

let bench: Bench;
beforeAll(() => {
  bench = openBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const canary = 'result-canary';
const output = {
  token: { type: 'string', secret: true },
  login: { type: 'object', properties: { pin: { secret: true } } },
};
const without = ({ data: _, stdout: __, ...rest }: JsonObject): string => JSON.stringify(rest);

test('the log of an action that answers secrets comes when it has ended, without them', async () => {
  const script = `
echo "token is ${canary}" >&2
echo 'before'
echo '{"token": "${canary}", "login": {"pin": 123456, "user": "me"}, "url": "https://x/?t=${canary}"}'
exit 3
`;
  const { result, started, kind } = await bench.run({ script, output, output_format: 'json' });
  expect(kind).toBe('failed');
  expect(started.log('stdout')).toBe(
    'before\n{"token": "******", "login": {"pin": ******, "user": "me"}, "url": "https://x/?t=******"}\n',
  );
  expect(started.log('stderr')).toBe('token is ******\n');
  // where they are marked they are sealed when they are kept
  expect(result['data']).toEqual({
    token: canary,
    login: { pin: 123456, user: 'me' },
    url: 'https://x/?t=******',
  });
  expect(without(result)).not.toContain(canary);
});

test.for<[format: 'text' | 'jsonl' | 'yaml', script: string, log: string]>([
  ['text', `echo '{"token": "${canary}"}'`, '{"token": "******"}\n'],
  [
    'jsonl',
    `echo '{"token": "${canary}"}'; echo '{"token": "other-${canary}"}'`,
    '{"token": "******"}\n{"token": "******"}\n',
  ],
  ['yaml', `echo 'token: ${canary}'`, 'token: ******\n'],
])('with output as %s', async ([output_format, script, log]) => {
  const { started, kind } = await bench.run({ script, output, output_format });
  expect([kind, started.log('stdout')]).toEqual(['succeeded', log]);
});

test('standard output that cannot be read is withheld from the log', async () => {
  const { started, result } = await bench.run({
    script: `echo '{"token": "${canary}"'`,
    output,
    output_format: 'json',
  });
  expect(started.log('stdout')).toBe('[attune: withheld, for it was to hold secrets and could not be read]\n');
  expect(without(result)).not.toContain(canary);
});

test('a long log is passed on in pieces, and one without secrets while it is written', async () => {
  const { started } = await bench.run({
    script: `i=0; while [ $i -lt 3000 ]; do echo "line $i ${canary} xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"; i=$((i+1)); done; echo '{"token": "${canary}"}'`,
    output,
    output_format: 'json',
  });
  expect(started.pieces.length).toBeGreaterThan(1);
  expect(started.pieces.every(({ bytes }) => bytes.length <= 64 * 1024)).toBe(true);
  expect(started.log('stdout')).toMatch(/^line 0 \*{6} x+\n/);
  expect(started.log('stdout')).not.toContain(canary);
  const offsets = started.pieces.filter(({ stream }) => stream === 'stdout');
  expect(offsets.map(({ offset }) => offset)).toEqual(
    offsets.map((_, index) => offsets.slice(0, index).reduce((sum, { bytes }) => sum + bytes.length, 0)),
  );
});
