import { afterAll, describe, expect, test } from 'vitest';
import { formatParameters } from '../../src/worker/parameters.ts';
import { openBench } from './bench.ts';

const bench = openBench();
afterAll(() => bench[Symbol.asyncDispose]());

const parameters = {
  name: "it's",
  answer: 'no',
  count: 9007199254740993n,
  nested: { b: [1, 'x'], a: { deep: true }, none: {} },
  empty: null,
};

describe('formats', () => {
  test('json is one compact line', () => {
    expect(formatParameters('json', { a: 1, big: 9007199254740993n, text: 'x\ny' })).toBe(
      '{"a":1,"big":9007199254740993,"text":"x\\ny"}\n',
    );
  });

  test('yaml quotes what an older reader would take for something else', () => {
    expect(formatParameters('yaml', parameters)).toBe(
      [
        "name: it's",
        'answer: "no"',
        'count: 9007199254740993',
        'nested:',
        '  b:',
        '    - 1',
        '    - x',
        '  a:',
        '    deep: true',
        '  none: {}',
        'empty: null',
        '',
      ].join('\n'),
    );
  });

  test('dotenv is sorted, flat and quoted', () => {
    expect(formatParameters('dotenv', parameters)).toBe(
      [
        "answer='no'",
        "count='9007199254740993'",
        "empty=''",
        "name='it'\\''s'",
        "nested.a.deep='true'",
        `nested.b='[1,"x"]'`,
        '',
      ].join('\n'),
    );
  });
});

test('a shell reads dotenv as it was meant', async () => {
  const { result } = await bench.run(
    { parameter_format: 'dotenv', script: `while IFS= read -r line; do eval "$line"; done; printf '%s|%s' "$a" "$b"` },
    { parameters: { a: `it's "$HOME" \`id\``, b: '' } },
  );
  expect(result['stdout']).toBe(`it's "$HOME" \`id\`|`);
});

test('standard input is one document and then ends; it can be opened by name too', async () => {
  const read = await bench.run({ script: 'cat' }, { parameters: { a: 1 } });
  expect(read.result['stdout']).toBe('{"a":1}\n');
  const shell = await bench.run({ script: 'cat /dev/stdin' }, { parameters: { a: 1 } });
  expect(shell.result['stdout']).toBe('{"a":1}\n');
  const node = await bench.run(
    { runner_type: 'nodejs', script: `process.stdout.write(require('fs').readFileSync('/dev/stdin'))` },
    { parameters: { a: 1 } },
  );
  expect(node.result['stdout']).toBe('{"a":1}\n');
});

test('10 MB of parameters reach an action that writes as much before it reads', async () => {
  const text = 'x'.repeat(10_000_000);
  const { kind, result } = await bench.run(
    {
      runner_type: 'python',
      output_format: 'json',
      script: [
        'import sys, json',
        'sys.stderr.write("y" * 10_000_000); sys.stderr.flush()',
        'print(json.dumps(len(json.load(sys.stdin)["text"])))',
      ].join('\n'),
    },
    { parameters: { text }, attempt: { timeout_seconds: 60 } },
  );
  expect({ kind, data: result['data'] }).toEqual({ kind: 'succeeded', data: text.length });
});

test('10 MB of parameters do not hold up an action that never reads them', async () => {
  const { kind } = await bench.run({ script: 'exit 0' }, { parameters: { text: 'x'.repeat(10_000_000) } });
  expect(kind).toBe('succeeded');
});

test('by file: only the owner may read it, standard input is empty, and it is gone afterwards', async () => {
  const { result } = await bench.run(
    {
      parameter_delivery: 'file',
      script:
        'cat; cat "$ATTUNE_PARAMETER_FILE"; ls -l "$ATTUNE_PARAMETER_FILE" | cut -c 1-10; echo "$ATTUNE_PARAMETER_DELIVERY"',
    },
    { parameters: { a: 'b' } },
  );
  expect(result['stdout']).toBe('{"a":"b"}\n-r--------\nfile\n');
});

test('defaults are filled before the action starts', async () => {
  const { result } = await bench.run(
    { output_format: 'json', script: 'cat', parameters: { n: { type: 'integer', default: 5 }, m: { type: 'string' } } },
    { parameters: { m: 'x', n: null } },
  );
  expect(result['data']).toEqual({ m: 'x', n: 5 });
});

test('an invalid parameter fails the attempt by name, and nothing starts', async () => {
  const started = bench.start(
    { script: 'echo started', parameters: { n: { type: 'integer', required: true } } },
    { parameters: { n: '5' } },
  );
  const { kind, result } = await started.outcome;
  expect(kind).toBe('failed');
  expect(result['error']).toMatch(/^Invalid parameters for action 'demo\.script': .*\/n/);
  expect(result['details']).toMatchObject([{ pointer: '/n' }]);
  expect(started.pieces).toEqual([]);
});
