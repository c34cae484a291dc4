import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import { until } from '../../../../testing/until.ts';
import { maskerOf, secretTexts } from '../../src/worker/secrets.ts';
import { capture, streamLimit } from '../../src/worker/stream.ts';
import { openBench } from './bench.ts';

const bench = openBench();
afterAll(() => bench[Symbol.asyncDispose]());

test('output can be read while the action runs, also a line without end', async () => {
  const started = bench.start({
    runner_type: 'python',
    script: 'import time\nprint("half a line", end="")\ntime.sleep(600)\n',
  });
  await until('the first output has come', () => started.log('stdout') === 'half a line');
  started.cancel();
  await started.outcome;
});

test('pieces are bounded and in order', async () => {
  const { started } = await bench.run({ script: 'head -c 300000 /dev/zero; echo end' });
  let offset = 0;
  for (const piece of started.pieces) {
    expect(piece.offset).toBe(offset);
    expect(piece.bytes.length).toBeLessThanOrEqual(64 * 1024);
    offset += piece.bytes.length;
  }
  expect(offset).toBe(300_004);
});

test('a flood ends at the limit with a marker, and the rest is counted', async () => {
  const { kind, result, started } = await bench.run({ script: 'head -c 30000000 /dev/zero; echo fine >&2' });
  expect(kind).toBe('succeeded');
  const log = started.log('stdout');
  expect(log.slice(streamLimit)).toBe(`\n[attune: output beyond ${streamLimit} bytes is dropped]\n`);
  expect(result).toMatchObject({
    stdout_truncated: true,
    stdout_dropped_bytes: 30_000_000 - streamLimit,
    stderr_log: 'fine\n',
  });
});

test('an endless flood takes bounded memory and ends with its time limit', async () => {
  const before = process.memoryUsage().rss;
  const { kind, result } = await bench.run({ script: 'exec yes' }, { attempt: { timeout_seconds: 1 } });
  expect(kind).toBe('timed_out');
  expect(result['stdout_dropped_bytes']).toBeGreaterThan(0);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
});

test('the streams can be opened by name', async () => {
  const { result } = await bench.run({ script: 'echo out > /dev/stdout; echo err > /dev/stderr' });
  expect(result).toMatchObject({ stdout: 'out\n', stderr_log: 'err\n' });
});

test('the end of a stream is told after what is still on its way to the log', async () => {
  const source = new PassThrough();
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  let isAsked = false;
  const append = () => {
    isAsked = true;
    return gate;
  };
  const captured = capture(source, { append, secrets: [], remember: { from: 'end', bytes: 100 } });
  source.write('said');
  await until('it is on its way', () => isAsked);
  source.destroy();
  let hasEnded = false;
  const ended = captured.finish(500).then(() => (hasEnded = true));
  await until('nothing more comes', () => source.closed);
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(hasEnded).toBe(false);
  release();
  await ended;
});

test('a log that is slow holds the action up, not the memory', async () => {
  const source = new PassThrough();
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const taken: Buffer[] = [];
  const log = capture(source, {
    secrets: [],
    remember: { from: 'end', bytes: 3 },
    append: async (_, bytes) => {
      await gate;
      taken.push(bytes);
    },
  });
  let written = 0;
  while (written < 5_000_000 && source.write(Buffer.alloc(64_000, 'x'))) {
    written += 64_000;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(written).toBeLessThan(1_000_000);
  release();
  source.end('end');
  await log.finish(10_000);
  expect(log.remembered().toString()).toBe('end');
  expect(log.total()).toBe(Buffer.concat(taken).length);
});

describe('secrets', () => {
  const mask = (pieces: string[], secrets: string[]) => {
    const masker = maskerOf(secrets);
    return Buffer.concat([...pieces.map((piece) => masker.push(Buffer.from(piece))), masker.end()]).toString();
  };

  test('are masked wherever a piece ends', () => {
    const text = 'token=hunter2hunter2, hunt hunter2';
    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(mask([text.slice(0, cut), text.slice(cut)], ['hunter2'])).toBe('token=************, hunt ******');
    }
    expect(mask(Array.from(text), ['hunter2'])).toBe('token=************, hunt ******');
  });

  test('a secret within a secret leaves nothing behind', () => {
    expect(mask(['abcdefgh abcd'], ['abcdefgh', 'abcd'])).toBe('****** ******');
  });

  test('are the values of secret parameters, as they are and as JSON spells them', () => {
    const schema = {
      key: { type: 'string', secret: true },
      map: { type: 'object', secret: true },
      open: { type: 'string' },
    };
    const texts = secretTexts(schema, { key: 'a"long"one', map: { pin: '1234567', short: 'abc' }, open: 'visible' });
    expect(texts).toEqual(['a\\"long\\"one', 'a"long"one', '1234567']);
  });

  test('never leave the process that was given them', async () => {
    const secret = 'canary-5f2c9';
    const { kind, result, started } = await bench.run(
      {
        parameters: { key: { type: 'string', secret: true } },
        script:
          'read -r line; echo "got $line"; echo "$line" >&2; cat /proc/$$/cmdline /proc/$$/environ 2>/dev/null; exit 1',
      },
      { parameters: { key: secret } },
    );
    expect(kind).toBe('failed');
    expect(result['stdout']).toContain('got {"key":"******"}');
    expect(JSON.stringify(result) + started.log('stdout') + started.log('stderr')).not.toContain('canary');
  });
});
