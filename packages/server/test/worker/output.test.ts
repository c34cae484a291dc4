import { afterAll, describe, expect, test } from 'vitest';
import { readOutput } from '../../src/worker/output.ts';
import { asStorable } from '../../src/worker/result.ts';
import { openBench } from './bench.ts';

const bench = openBench();
afterAll(() => bench[Symbol.asyncDispose]());

describe('formats', () => {
  test('json is the whole output, else its last line', () => {
    expect(readOutput('json', '{\n"a": 9007199254740993\n}\n')).toEqual({
      kind: 'data',
      data: { a: 9007199254740993n },
    });
    expect(readOutput('json', 'working\n{"a":1}\n\n')).toEqual({ kind: 'data', data: { a: 1 } });
    expect(readOutput('json', 'null')).toEqual({ kind: 'data', data: null });
    expect(readOutput('json', ' \n')).toEqual({ kind: 'none' });
    expect(readOutput('json', 'done')).toMatchObject({ kind: 'unreadable' });
  });

  test('yaml is the whole output', () => {
    expect(readOutput('yaml', 'a: [1, no]\n')).toEqual({ kind: 'data', data: { a: [1, 'no'] } });
    expect(readOutput('yaml', 'a: [1')).toMatchObject({ kind: 'unreadable' });
  });

  test('jsonl is the list of the lines that parse', () => {
    expect(readOutput('jsonl', '{"a":1}\nnoise\n\n2\n')).toEqual({ kind: 'data', data: [{ a: 1 }, 2] });
  });

  test('text says nothing', () => {
    expect(readOutput('text', '{"a":1}')).toEqual({ kind: 'none' });
  });
});

test('what jsonb cannot hold is escaped, and the place is named', () => {
  const result = { data: { 'a\0': ['x\ud800y', '😀', 1], n: Infinity }, ok: 'text' };
  expect(asStorable(result)).toEqual({
    data: { 'a\\u0000': ['x\\ud800y', '😀', 1], n: null },
    ok: 'text',
    escaped: ['/data/a\0', '/data/a\0/0', '/data/n'].map((pointer) => pointer.replace('\0', '\\u0000')),
  });
  let deep: [] | [unknown] = [];
  for (let depth = 0; depth < 5_000; depth += 1) deep = [deep];
  expect(JSON.stringify(asStorable({ data: deep as never })).length).toBeLessThan(2_000);
});

test('a success has the result view', async () => {
  const { kind, result } = await bench.run({ script: 'echo hello; echo careful >&2' });
  expect(kind).toBe('succeeded');
  expect(result).toEqual({
    exit_code: 0,
    duration_ms: expect.any(Number) as number,
    succeeded: true,
    stdout: 'hello\n',
    stderr_log: 'careful\n',
  });
});

test('parsed output stands in data', async () => {
  const { result } = await bench.run({ output_format: 'json', script: `echo '{"level": 3}'` });
  expect(result).toMatchObject({ succeeded: true, data: { level: 3 } });
  expect(result).not.toHaveProperty('stdout');
});

test('output that cannot be read is still a success, with the raw text and the reason', async () => {
  const { kind, result } = await bench.run({ output_format: 'json', script: 'echo nothing' });
  expect(kind).toBe('succeeded');
  expect(result).toMatchObject({ stdout: 'nothing\n', data_error: expect.stringContaining('JSON') as string });
});

test('a failure has the exit code, the last lines of standard error, and its output where it parses', async () => {
  const { kind, result } = await bench.run({
    output_format: 'json',
    script: `echo '{"done": 2}'; for n in 1 2 3 4 5 6 7; do echo "line $n" >&2; done; exit 3`,
  });
  expect(kind).toBe('failed');
  expect(result).toMatchObject({
    exit_code: 3,
    succeeded: false,
    data: { done: 2 },
    error: 'line 3\nline 4\nline 5\nline 6\nline 7',
  });
});

test('a silent failure says its exit code, a killed one its signal', async () => {
  const silent = await bench.run({ script: 'exit 9' });
  expect(silent.result['error']).toBe('The action exited with code 9');
  const killed = await bench.run({ script: 'kill -9 $$' });
  expect(killed.kind).toBe('failed');
  expect(killed.result).toMatchObject({ exit_code: -1, signal: 'SIGKILL', error: 'The action was ended by SIGKILL' });
});

test('bytes that are not UTF-8 do no harm', async () => {
  const { result, started } = await bench.run({ script: `printf 'a\\377b\\000c'` });
  expect(result).toMatchObject({ stdout: 'a\ufffdb\\u0000c', escaped: ['/stdout'] });
  expect(Buffer.concat(started.pieces.map((piece) => piece.bytes))).toEqual(Buffer.from('a\xffb\0c', 'latin1'));
});
