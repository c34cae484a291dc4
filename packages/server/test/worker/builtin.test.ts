import { afterAll, expect, test } from 'vitest';
import { openBench, type StartOptions } from './bench.ts';

const bench = openBench();
afterAll(() => bench[Symbol.asyncDispose]());

const start = (name: string, parameters: StartOptions['parameters'] = {}, attempt: StartOptions['attempt'] = {}) =>
  bench.start(
    { runner_type: 'native', entry_point: `builtin:${name}` },
    { parameters, attempt: { pack_ref: 'core', ...attempt } },
  );

test('echo says its message, in the result and in the log', async () => {
  const started = start('echo', { message: 'hello\0' });
  expect(await started.outcome).toEqual({
    kind: 'succeeded',
    result: {
      exit_code: 0,
      duration_ms: expect.any(Number) as number,
      succeeded: true,
      stdout: 'hello\\u0000',
      escaped: ['/stdout'],
    },
  });
  expect(started.log('stdout')).toBe('hello\0');
});

test('noop ends with the code it is given', async () => {
  expect(await start('noop').outcome).toMatchObject({ kind: 'succeeded', result: { exit_code: 0 } });
  expect(await start('noop', { exit_code: 3 }).outcome).toMatchObject({
    kind: 'failed',
    result: { exit_code: 3, succeeded: false, error: 'The action exited with code 3' },
  });
});

test('sleep sleeps, and wakes when it is stopped', async () => {
  expect(await start('sleep', { seconds: 0.05 }).outcome).toMatchObject({
    kind: 'succeeded',
    result: { stdout: 'Slept for 0.05 seconds' },
  });
  const cancelled = start('sleep', { seconds: 3600 });
  cancelled.cancel();
  expect((await cancelled.outcome).kind).toBe('cancelled');
  const limited = await start('sleep', { seconds: 3600 }, { timeout_seconds: 0.05 }).outcome;
  expect(limited).toMatchObject({ kind: 'timed_out', result: { timed_out: true, succeeded: false } });
});

test('emit_event hands its event to the transaction that ends it', async () => {
  const outcome = await start('emit_event', { trigger_ref: 'github.report_ready', payload: { n: 1 } }).outcome;
  expect(outcome).toMatchObject({
    kind: 'succeeded',
    events: [{ trigger_ref: 'github.report_ready', payload: { n: 1 } }],
  });
});

test('only the pack core has built-ins, and only those', async () => {
  expect((await start('echo', {}, { pack_ref: 'demo' }).outcome).kind).toBe('failed');
  expect((await start('constructor').outcome).kind).toBe('failed');
});
