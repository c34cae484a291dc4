import { isJsonObject, type Json, type JsonObject } from '@attune/core';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../../testing/until.ts';
import { baseEnvironment } from '../../src/worker/environment.ts';
import { groupIsAlive, processesWithToken, signalProcess } from '../../src/worker/processes.ts';
import { interpreters, openBench, type Bench, type StartOptions } from './bench.ts';

/** Actions are forked, or run by a process that waited for them, only to start sooner: nothing else may differ from a new process. */

const cold = openBench({ prestart: false });
const prepared = openBench();
afterAll(async () => {
  await cold[Symbol.asyncDispose]();
  await prepared[Symbol.asyncDispose]();
});

const isLinux = process.platform === 'linux';
const hasPython = interpreters.python !== undefined;
const kinds = [...(isLinux && hasPython ? (['forked'] as const) : []), 'prestarted' as const];
if (!isLinux || !hasPython)
  console.log('Python actions are forked on Linux only, where there is a Python: not tested here');

type Kind = (typeof kinds)[number];
const runnerOf = { forked: 'python', prestarted: 'nodejs' } as const;

/** Waits until the next action of that kind starts in the other way. */
const isReady = (kind: Kind, bench: Bench) =>
  until('something waits for an action', () => bench.runners.stats().idle[kind === 'forked' ? 'forker' : kind] > 0);

beforeAll(async () => {
  for (const kind of kinds) {
    await prepared.run({ runner_type: runnerOf[kind], script: '0\n' });
    await isReady(kind, prepared);
  }
});

/** What there is to know of an attempt that ran, but for how long it took and where its folders were. */
async function told(bench: Bench, kind: Kind, script: string, options: Case): Promise<JsonObject> {
  const { action, ...rest } = options;
  if (bench === prepared) await isReady(kind, bench);
  const before = bench.runners.stats().attempts;
  const started = bench.start({ runner_type: runnerOf[kind], script, ...action }, rest);
  if (options.stop !== undefined) {
    await until('it is ready', () => started.log('stdout').includes('ready'));
    options.stop(() => started.cancel(), await started.spawned);
  }
  const { kind: how, result } = await started.outcome;
  const after = bench.runners.stats().attempts;
  const way = bench === cold ? 'cold' : kind;
  expect(after[way]).toBe(before[way] + 1);
  expect(groupIsAlive(await started.spawned)).toBe(false);
  expect(processesWithToken(new Set([started.token]))).toEqual([]);
  const text = JSON.stringify({ how, result: { ...result, duration_ms: 0 }, log: started.log('stdout') });
  return JSON.parse(
    text
      .replaceAll(new RegExp(`${bench.scratch}/[0-9a-f-]+`, 'g'), '<own>')
      .replaceAll(bench.pack, '<pack>')
      .replaceAll(dirname(bench.pack), '<root>')
      .replaceAll(started.token, '<token>')
      .replaceAll(/script-[0-9a-f-]+/g, '<script>'),
  ) as JsonObject;
}

interface Case extends StartOptions {
  action?: Record<string, unknown>;
  stop?: (cancel: () => void, pid: number) => void;
}

/** Each says in both languages the same. */
const cases: [name: string, scripts: { forked: string; prestarted: string }, options?: Case][] = [
  [
    'a result as JSON',
    { forked: 'print(\'{"a": [1, 2]}\')', prestarted: 'console.log(\'{"a": [1, 2]}\')' },
    { action: { output_format: 'json' } },
  ],
  [
    'lines of JSON',
    { forked: 'print(1)\nprint("x")\nprint(2)', prestarted: 'console.log("1\\nx\\n2")' },
    { action: { output_format: 'jsonl' } },
  ],
  ['YAML', { forked: 'print("a: 1")', prestarted: 'console.log("a: 1")' }, { action: { output_format: 'yaml' } }],
  ['an exit code', { forked: 'import sys\nsys.exit(7)', prestarted: 'process.exit(7)' }],
  [
    'an exit with words',
    { forked: 'import sys\nsys.exit("no more")', prestarted: 'console.error("no more"); process.exitCode = 1' },
  ],
  ['a signal', { forked: 'import os\nos.kill(os.getpid(), 9)', prestarted: 'process.kill(process.pid, "SIGKILL")' }],
  [
    'SIGINT',
    {
      forked: 'import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)',
      prestarted: 'process.kill(process.pid, "SIGINT"); setTimeout(() => 0, 60000)',
    },
  ],
  [
    'SIGPIPE',
    {
      forked:
        'import signal\nprint(signal.getsignal(signal.SIGPIPE), signal.getsignal(signal.SIGCHLD), signal.getsignal(signal.SIGTERM))',
      prestarted: 'console.log(process.listenerCount("SIGPIPE"))',
    },
  ],
  [
    'both streams',
    {
      forked: 'import sys\nprint("out")\nprint("err", file=sys.stderr)',
      prestarted: 'console.log("out"); console.error("err")',
    },
  ],
  [
    'bytes that are no UTF-8',
    {
      forked: 'import os\nos.write(1, bytes([0xff, 0xfe, 65]))',
      prestarted: 'process.stdout.write(Buffer.from([0xff, 0xfe, 65]))',
    },
  ],
  ['a long output', { forked: 'print("x" * 3_000_000)', prestarted: 'console.log("x".repeat(3_000_000))' }],
  [
    'parameters on standard input',
    {
      forked: 'import sys\nprint(sys.stdin.read(), sys.stdin.seekable())',
      prestarted: 'console.log(require("fs").readFileSync(0, "utf8"))',
    },
    { parameters: { secret: 'abc', n: 3 } },
  ],
  [
    'standard input by its name',
    {
      forked: 'print(open("/dev/stdin").read())',
      prestarted: 'console.log(require("fs").readFileSync("/dev/stdin", "utf8"))',
    },
    { parameters: { n: 3 } },
  ],
  [
    'standard error by its name',
    {
      forked: 'open("/dev/stderr", "w").write("oops")',
      prestarted: 'require("fs").writeFileSync("/dev/stderr", "oops")',
    },
  ],
  [
    'large parameters',
    {
      forked: 'import sys\nprint(len(sys.stdin.read()))',
      prestarted: 'console.log(require("fs").readFileSync(0).length)',
    },
    { parameters: { text: 'y'.repeat(2_000_000) } },
  ],
  [
    'parameters in a file',
    {
      forked:
        'import os, sys\np = os.environ["ATTUNE_PARAMETER_FILE"]\nprint(open(p).read(), oct(os.stat(p).st_mode), repr(sys.stdin.read()))',
      prestarted:
        'const fs = require("fs"), p = process.env.ATTUNE_PARAMETER_FILE; console.log(fs.readFileSync(p, "utf8"), fs.statSync(p).mode.toString(8), fs.readFileSync(0, "utf8"))',
    },
    { action: { parameter_delivery: 'file' }, parameters: { n: 3 } },
  ],
  [
    'the environment',
    {
      forked: 'import os\nprint(sorted(os.environ.items()))',
      prestarted: 'console.log(Object.entries(process.env).sort())',
    },
  ],
  [
    'the environment of what it starts',
    {
      forked:
        'import subprocess\nprint(sorted(subprocess.run(["env"], capture_output=True, text=True).stdout.split("\\n")))',
      prestarted: 'console.log(require("child_process").execSync("env").toString().split("\\n").sort())',
    },
  ],
  [
    'what it is',
    {
      forked:
        'import os, sys\nprint(sys.argv, sys.orig_argv if hasattr(sys, "orig_argv") else 0, sys.flags, __name__, __file__, __builtins__, __spec__, __doc__, sorted(globals()))',
      prestarted:
        'console.log(process.argv, process.execArgv, require.main === module, __filename, process.mainModule === module, Object.keys(require.cache))',
    },
  ],
  ['where it looks for modules', { forked: 'import sys\nprint(sys.path)', prestarted: 'console.log(module.paths)' }],
  [
    'where it stands',
    {
      forked: 'import os\nprint(os.getcwd(), os.getpid() == os.getpgid(0) == os.getsid(0), os.umask(0))',
      prestarted: 'console.log(process.cwd(), process.umask())',
    },
  ],
  [
    'what is open',
    {
      forked:
        'import os\nprint(sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:3], max(int(fd) for fd in os.listdir("/proc/self/fd")))',
      prestarted: 'console.log(0)',
    },
  ],
  [
    'what it looks like from outside',
    {
      forked:
        'for what in "environ", "cmdline":\n    print(sorted(open(f"/proc/self/{what}").read().rstrip("\\0").split("\\0")))',
      prestarted:
        'for (const what of ["environ", "cmdline"]) console.log(require("fs").readFileSync(`/proc/self/${what}`, "utf8").replace(/\\0+$/, "").split("\\0").sort())',
    },
  ],
  [
    'a child that it left',
    {
      forked: 'import subprocess\nsubprocess.Popen(["sleep", "600"])\nprint("done")',
      prestarted: 'require("child_process").spawn("sleep", ["600"], { stdio: "inherit" }).unref(); console.log("done")',
    },
  ],
  [
    'a child in a session of its own, after a failure',
    {
      forked:
        'import subprocess, sys\nsubprocess.Popen(["sleep", "600"], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\nsys.exit(1)',
      prestarted:
        'require("child_process").spawn("sleep", ["600"], { detached: true, stdio: "ignore" }).unref(); process.exitCode = 1',
    },
  ],
  [
    'a time limit',
    { forked: 'import time\ntime.sleep(600)', prestarted: 'setTimeout(() => 0, 600_000)' },
    { attempt: { timeout_seconds: 1 }, deps: { stopGraceSeconds: 1 } },
  ],
  [
    'a cancel',
    {
      forked:
        'import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(print("tidied")))\nprint("ready")\ntime.sleep(600)',
      prestarted:
        'process.on("SIGTERM", () => { console.log("tidied"); process.exit(0); }); console.log("ready"); setTimeout(() => 0, 600_000)',
    },
    { stop: (cancel) => cancel() },
  ],
  [
    'a kill from outside',
    {
      forked: 'import time\nprint("ready")\ntime.sleep(600)',
      prestarted: 'console.log("ready"); setTimeout(() => 0, 600_000)',
    },
    { stop: (_, pid) => signalProcess(pid, 'SIGSEGV') },
  ],
  ['a syntax error', { forked: 'print(\n', prestarted: 'console.log(' }],
];

describe.each(kinds)('%s like a new process', (kind) => {
  test.each(cases)('%s', async (_, scripts, options = {}) => {
    const script = `${scripts[kind]}\n`;
    const [expected, found] = await Promise.all([
      told(cold, kind, script, options),
      told(prepared, kind, script, options),
    ]);
    expect(withoutStack(kind, found)).toEqual(withoutStack(kind, expected));
  });
});

/** Of what Node says of an error only the frames below the action may differ. */
function withoutStack(kind: Kind, value: JsonObject): JsonObject {
  if (kind === 'forked') return value;
  const clean = (member: Json): Json => {
    if (typeof member === 'string') return member.replaceAll(/\n {4}at .*/g, '');
    return isJsonObject(member) ? Object.fromEntries(Object.entries(member).map(([k, v]) => [k, clean(v)])) : member;
  };
  return clean(value) as JsonObject;
}

const pythonOnly: [name: string, script: string, options?: Case][] = [
  [
    'an exception',
    'def f():\n    raise ValueError("no")\n\ntry:\n    f()\nexcept ValueError as e:\n    raise KeyError("why") from e',
  ],
  ['an exception in a thread', 'import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()'],
  [
    'a hook for exceptions',
    'import sys\nsys.excepthook = lambda *a: print("hook", a[0].__name__)\nraise ValueError("x")',
  ],
  [
    'what happens at the exit',
    'import atexit, threading, time\natexit.register(lambda: print("bye"))\nthreading.Thread(target=lambda: (time.sleep(0.1), print("thread"))).start()',
  ],
  ['an exception at the end of everything', 'class A:\n    def __del__(self):\n        print("gone")\na = A()'],
  [
    'other processes of Python',
    'import multiprocessing\n\ndef f(x):\n    return x * 2\n\nif __name__ == "__main__":\n    with multiprocessing.get_context("spawn").Pool(1) as pool:\n        print(pool.map(f, [1, 2]))',
  ],
  ['an encoding of its own', '# -*- coding: latin-1 -*-\nprint("ok")'],
  [
    'streams',
    'import sys\nfor s in sys.stdin, sys.stdout, sys.stderr:\n    print(s.encoding, s.errors, s.line_buffering, s.write_through, s.name, s.mode, type(s.buffer).__name__, s.seekable())',
  ],
  ['input by the line', 'print(input())\nprint(input())', { parameters: { a: 1 } }],
];

describe.runIf(kinds.includes('forked'))('a fork of Python', () => {
  test.each(pythonOnly)('%s', async (_, script, options = {}) => {
    const [expected, found] = await Promise.all([
      told(cold, 'forked', script, options),
      told(prepared, 'forked', script, options),
    ]);
    expect(found).toEqual(expected);
  });
});

const modules: [name: string, script: string][] = [
  [
    'a module',
    'import { readFileSync } from "node:fs";\nconsole.log(await 5, readFileSync(0, "utf8"), process.argv.length)',
  ],
  ['a module that waits for what never comes', 'console.log("waiting");\nawait new Promise(() => 0)'],
];

test.each(modules)('a prestarted Node process runs %s like a new one', async (name, script) => {
  const options = { action: { entry_point: `module-${name.length}.mjs` } };
  const [expected, found] = await Promise.all([
    told(cold, 'prestarted', script, options),
    told(prepared, 'prestarted', script, options),
  ]);
  expect(withoutStack('prestarted', found)).toEqual(withoutStack('prestarted', expected));
});

describe('starts as a new process', () => {
  const coldAttempts = async (kind: Kind, files: Record<string, string>, deps: StartOptions['deps'] = {}) => {
    await using bench = openBench();
    for (const [path, text] of Object.entries(files)) bench.file(path, text);
    const run = () => bench.run({ runner_type: runnerOf[kind], script: '0\n' }, { deps });
    await run();
    await isReady(kind, bench);
    expect((await run()).kind).toBe('succeeded');
    return bench.runners.stats().attempts.cold;
  };
  const long = { ...baseEnvironment(process.env, []), LONG: 'x'.repeat(20_000) };

  test.runIf(kinds.includes('forked')).each([
    ['lib/json.py', 'a module that its parent has loaded'],
    ['lib/sitecustomize.py', 'a module that interpreters load when they start'],
    ['actions/subprocess.py', 'a module beside the script'],
  ])('a Python action whose pack has %s: %s', async (path) => {
    expect(await coldAttempts('forked', { [path]: '' })).toBe(2);
  });

  test.each(kinds)('an action whose environment needs more room: %s', async (kind) => {
    expect(await coldAttempts(kind, {}, { baseEnvironment: long })).toBe(2);
  });

  test.each(kinds)('but not one that fits: %s', async (kind) => {
    expect(await coldAttempts(kind, { 'lib/mine.py': '' })).toBe(1);
  });
});

test.runIf(kinds.includes('forked'))(
  'what a killed parent had forked fails and is gone; the next action starts',
  async () => {
    await using bench = openBench();
    const script = 'import os, time\nprint(os.getppid())\ntime.sleep(600)\n';
    await bench.run({ runner_type: 'python', script: '0\n' });
    await isReady('forked', bench);
    const started = bench.start({ runner_type: 'python', script });
    const parent = await until('it has said its parent', () => Number(started.log('stdout').trim()) || undefined);
    expect(parent).not.toBe(process.pid);
    signalProcess(parent, 'SIGKILL');
    const { kind, result } = await started.outcome;
    expect(kind).toBe('failed');
    expect(result['error']).toBe(
      'The process that had started the action has ended, so nobody could tell how the action would end',
    );
    expect(groupIsAlive(await started.spawned)).toBe(false);
    expect((await bench.run({ runner_type: 'python', script: '0\n' })).kind).toBe('succeeded');
    expect(bench.runners.stats()).toMatchObject({
      retired: { forker: { crashed: 1 } },
      attempts: { cold: 2, forked: 1 },
    });
  },
);

test.runIf(isLinux)('what waits shows no more than it is', () => {
  const waiting = readdirSync('/proc').flatMap((pid) => {
    try {
      const [cmdline = '', environment = ''] = ['cmdline', 'environ'].map((one) =>
        readFileSync(`/proc/${pid}/${one}`, 'utf8'),
      );
      return environment.includes(`HOME=${prepared.folder}/home`) ? [{ cmdline, environment }] : [];
    } catch {
      return []; // it has ended, or is nobody's
    }
  });
  expect(waiting.length).toBeGreaterThan(0);
  for (const { cmdline, environment } of waiting) {
    expect(cmdline.replace(/\0+$/, '').split('\0').at(-1)).toMatch(/runners\/(forker\.py|prestarted\.cjs)$/);
    expect(environment).toContain('ATTUNE_RUNNER_TOKEN=');
    expect(environment).not.toContain('ATTUNE_ROOM');
  }
});
