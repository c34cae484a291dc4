import { afterAll, expect, test } from 'vitest';
import { until } from '../../../../testing/until.ts';
import { groupIsAlive, processesWithToken, startOf } from '../../src/worker/processes.ts';
import { type Started, openBench, textOf } from './bench.ts';

const bench = openBench();
afterAll(() => bench[Symbol.asyncDispose]());

/** Everything of the attempt is gone. */
async function nothingIsLeft(started: Started) {
  const pid = await started.spawned;
  expect(groupIsAlive(pid)).toBe(false);
  expect(processesWithToken(new Set([started.token]))).toEqual([]);
}

const ignoring = `
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if len(sys.argv) == 1:
    children = [subprocess.Popen([sys.executable, __file__, "child"]) for _ in range(2)]
print("ready", flush=True)
time.sleep(600)
`;

test('a time limit ends an action that ignores SIGTERM, with its children, within limit and grace', async () => {
  const begun = performance.now();
  const started = bench.start(
    { runner_type: 'python', script: ignoring },
    { attempt: { timeout_seconds: 1 }, deps: { stopGraceSeconds: 1 } },
  );
  const { kind, result } = await started.outcome;
  expect(kind).toBe('timed_out');
  expect(result).toMatchObject({
    succeeded: false,
    timed_out: true,
    exit_code: -1,
    signal: 'SIGKILL',
    error: 'The action was stopped at its time limit of 1 s',
  });
  expect(performance.now() - begun).toBeLessThan(8_000);
  await nothingIsLeft(started);
});

test('an action that obeys SIGTERM has the grace to tidy up, and what it says is kept', async () => {
  const started = bench.start({ script: `trap 'echo tidied; exit 0' TERM; echo ready; sleep 600 & wait` });
  await until('it is ready', () => started.log('stdout').includes('ready'));
  started.cancel();
  const { kind, result } = await started.outcome;
  expect(kind).toBe('cancelled');
  expect(result).toMatchObject({
    stdout: 'ready\ntidied\n',
    error: 'The action was cancelled',
    exit_code: 0,
    succeeded: false,
  });
  await nothingIsLeft(started);
});

test('a stopped process is ended too', async () => {
  const started = bench.start({ script: 'echo ready; kill -STOP $$' }, { deps: { stopGraceSeconds: 0 } });
  await until('it is ready', () => started.log('stdout').includes('ready'));
  started.cancel();
  expect((await started.outcome).kind).toBe('cancelled');
  await nothingIsLeft(started);
});

const isLinux = process.platform === 'linux';

test.runIf(isLinux)('a grandchild that left the group by setsid is found by its token', async () => {
  const started = bench.start(
    {
      runner_type: 'python',
      script: `
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("ready", flush=True)
    time.sleep(600)
time.sleep(600)
`,
    },
    { deps: { stopGraceSeconds: 1 } },
  );
  await until('it is ready', () => started.log('stdout').includes('ready'));
  expect(processesWithToken(new Set([started.token])).length).toBe(3);
  started.cancel();
  expect((await started.outcome).kind).toBe('cancelled');
  await nothingIsLeft(started);
});

test.runIf(isLinux)('after a failure nothing runs on, in whatever session', async () => {
  const started = bench.start({ script: 'setsid sleep 600 >/dev/null 2>&1 & sleep 600 & exit 1' });
  expect((await started.outcome).kind).toBe('failed');
  await nothingIsLeft(started);
});

test('an action has ended when its main process has, though a grandchild holds its streams', async () => {
  const begun = performance.now();
  const started = bench.start({ script: 'echo done; sleep 600 & exit 0' });
  const { kind, result } = await started.outcome;
  expect(kind).toBe('succeeded');
  expect(result['stdout']).toBe('done\n');
  expect(performance.now() - begun).toBeLessThan(10_000);
  await nothingIsLeft(started);
});

test('what was written right before the exit is not lost', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      bench.run({ script: 'head -c 200000 /dev/zero; echo last' }, { attempt: { execution: String(index) } }),
    ),
  );
  for (const { result } of outcomes) expect(textOf(result).endsWith('last\n')).toBe(true);
});

test('a limit of months does not end at once', async () => {
  const { kind } = await bench.run({ script: 'exit 0' }, { attempt: { timeout_seconds: 30_000_000 } });
  expect(kind).toBe('succeeded');
});

test('a process is named by its id and its start', () => {
  expect(startOf(process.pid)).toBe(startOf(process.pid));
  expect(startOf(process.pid)).not.toBe(startOf(process.ppid));
  expect(startOf(2 ** 30)).toBeUndefined();
});
