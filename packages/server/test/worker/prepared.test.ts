import { isJsonObject, type Json, type JsonObject } from '@attune/core';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../../testing/until.ts';
import { baseEnvironment } from '../../src/worker/environment.ts';
import { groupIsAlive, processesWithToken, signalProcess } from '../../src/worker/processes.ts';
import { interpreters, openBench, type Bench, type StartOptions } from './bench.ts';

/** Actions are forked, or run by a process that waited for them, only to start sooner: nothing else may differ from a new process. */

const isLinux = process.platform === 'linux';
const hasPython = interpreters.python !== undefined;
const kinds = [...(isLinux && hasPython ? (['python'] as const) : []), 'nodejs' as const, 'shell' as const];
if (!isLinux || !hasPython)
  console.log('Python actions are forked on Linux only, where there is a Python: not tested here');

type Kind = (typeof kinds)[number];
const base = baseEnvironment(process.env, []);
const nothing = { python: '0\n', nodejs: '0\n', shell: ':\n' };

const cold = openBench({ prestart: false });
const prepared = { python: openBench(), nodejs: openBench(), shell: openBench() };
afterAll(async () => {
  for (const bench of [cold, ...Object.values(prepared)]) await bench[Symbol.asyncDispose]();
});

/** Waits until the next action of that kind starts in the other way. */
const isReady = (kind: Kind, bench: Bench) =>
  until(
    'something waits for an action',
    () => bench.runners.stats().idle[kind === 'python' ? 'forker' : 'prestarted'] > 0,
  );

beforeAll(async () => {
  for (const kind of kinds) {
    await prepared[kind].run({ runner_type: kind, script: nothing[kind] });
    await isReady(kind, prepared[kind]);
  }
});

/** What a script tells as a new process, and started in the other way. */
const bothWays = (kind: Kind, script: string, options: Case): Promise<[JsonObject, JsonObject]> =>
  Promise.all([told(cold, kind, script, options), told(prepared[kind], kind, script, options)]);

/** What there is to know of an attempt that ran, but for how long it took and where its folders were. */
async function told(bench: Bench, kind: Kind, script: string, options: Case): Promise<JsonObject> {
  const { action, ...rest } = options;
  if (bench !== cold) await isReady(kind, bench);
  const before = bench.runners.stats().attempts;
  const started = bench.start({ runner_type: kind, script, ...action }, rest);
  if (options.stop !== undefined) {
    await until('it is ready', () => started.log('stdout').includes('ready'));
    options.stop(() => started.cancel(), await started.spawned);
  }
  const { kind: how, result } = await started.outcome;
  const after = bench.runners.stats().attempts;
  const way = bench === cold ? 'cold' : kind === 'python' ? 'forked' : 'prestarted';
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

/** Each says in all languages the same. */
const cases: [name: string, scripts: Record<Kind, string>, options?: Case][] = [
  [
    'a result as JSON',
    { python: 'print(\'{"a": [1, 2]}\')', nodejs: 'console.log(\'{"a": [1, 2]}\')', shell: 'echo \'{"a": [1, 2]}\'' },
    { action: { output_format: 'json' } },
  ],
  [
    'lines of JSON',
    {
      python: 'print(1)\nprint("x")\nprint(2)',
      nodejs: 'console.log("1\\nx\\n2")',
      shell: 'printf \'1\\n"x"\\n2\\n\'',
    },
    { action: { output_format: 'jsonl' } },
  ],
  [
    'YAML',
    { python: 'print("a: 1")', nodejs: 'console.log("a: 1")', shell: 'echo "a: 1"' },
    { action: { output_format: 'yaml' } },
  ],
  ['an exit code', { python: 'import sys\nsys.exit(7)', nodejs: 'process.exit(7)', shell: 'exit 7' }],
  [
    'an exit with words',
    {
      python: 'import sys\nsys.exit("no more")',
      nodejs: 'console.error("no more"); process.exitCode = 1',
      shell: 'echo "no more" >&2; exit 1',
    },
  ],
  [
    'a signal',
    {
      python: 'import os\nos.kill(os.getpid(), 9)',
      nodejs: 'process.kill(process.pid, "SIGKILL")',
      shell: 'kill -9 $$',
    },
  ],
  [
    'SIGINT',
    {
      python: 'import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)',
      nodejs: 'process.kill(process.pid, "SIGINT"); setTimeout(() => 0, 60000)',
      shell: 'kill -INT $$; sleep 60',
    },
  ],
  [
    'SIGPIPE',
    {
      python:
        'import signal\nprint(signal.getsignal(signal.SIGPIPE), signal.getsignal(signal.SIGCHLD), signal.getsignal(signal.SIGTERM))',
      nodejs: 'console.log(process.listenerCount("SIGPIPE"))',
      shell: 'trap; grep -E "Sig(Blk|Ign|Cgt)" /proc/self/status',
    },
  ],
  [
    'both streams',
    {
      python: 'import sys\nprint("out")\nprint("err", file=sys.stderr)',
      nodejs: 'console.log("out"); console.error("err")',
      shell: 'echo out; echo err >&2',
    },
  ],
  [
    'bytes that are no UTF-8',
    {
      python: 'import os\nos.write(1, bytes([0xff, 0xfe, 65]))',
      nodejs: 'process.stdout.write(Buffer.from([0xff, 0xfe, 65]))',
      shell: "printf '\\377\\376A'",
    },
  ],
  [
    'a long output',
    {
      python: 'print("x" * 3_000_000)',
      nodejs: 'console.log("x".repeat(3_000_000))',
      shell: "head -c 3000000 /dev/zero | tr '\\0' x",
    },
  ],
  [
    'parameters on standard input',
    {
      python: 'import sys\nprint(sys.stdin.read(), sys.stdin.seekable())',
      nodejs: 'console.log(require("fs").readFileSync(0, "utf8"))',
      shell: 'cat',
    },
    { parameters: { secret: 'abc', n: 3 } },
  ],
  [
    'standard input by its name',
    {
      python: 'print(open("/dev/stdin").read())',
      nodejs: 'console.log(require("fs").readFileSync("/dev/stdin", "utf8"))',
      shell: 'cat /dev/stdin',
    },
    { parameters: { n: 3 } },
  ],
  [
    'standard error by its name',
    {
      python: 'open("/dev/stderr", "w").write("oops")',
      nodejs: 'require("fs").writeFileSync("/dev/stderr", "oops")',
      shell: 'echo oops > /dev/stderr',
    },
  ],
  [
    'large parameters',
    {
      python: 'import sys\nprint(len(sys.stdin.read()))',
      nodejs: 'console.log(require("fs").readFileSync(0).length)',
      shell: 'wc -c',
    },
    { parameters: { text: 'y'.repeat(2_000_000) } },
  ],
  [
    'parameters in a file',
    {
      python:
        'import os, sys\np = os.environ["ATTUNE_PARAMETER_FILE"]\nprint(open(p).read(), oct(os.stat(p).st_mode), repr(sys.stdin.read()))',
      nodejs:
        'const fs = require("fs"), p = process.env.ATTUNE_PARAMETER_FILE; console.log(fs.readFileSync(p, "utf8"), fs.statSync(p).mode.toString(8), fs.readFileSync(0, "utf8"))',
      shell: 'cat "$ATTUNE_PARAMETER_FILE"; stat -c %a "$ATTUNE_PARAMETER_FILE"; cat',
    },
    { action: { parameter_delivery: 'file' }, parameters: { n: 3 } },
  ],
  [
    'the environment',
    {
      python: 'import os\nprint(sorted(os.environ.items()))',
      nodejs: 'console.log(Object.entries(process.env).sort())',
      shell: 'set; export -p',
    },
  ],
  [
    'the environment of what it starts',
    {
      python:
        'import subprocess\nprint(sorted(subprocess.run(["env"], capture_output=True, text=True).stdout.split("\\n")))',
      nodejs: 'console.log(require("child_process").execSync("env").toString().split("\\n").sort())',
      shell: 'env | sort',
    },
  ],
  [
    'what it is',
    {
      python:
        'import os, sys\nprint(sys.argv, sys.orig_argv if hasattr(sys, "orig_argv") else 0, sys.flags, __name__, __file__, __builtins__, __spec__, __doc__, sorted(globals()))',
      nodejs:
        'console.log(process.argv, process.execArgv, require.main === module, __filename, process.mainModule === module, Object.keys(require.cache))',
      shell: 'echo "$0" "$#" "$-"',
    },
  ],
  [
    'where it looks for modules',
    {
      python: 'import sys\nprint(sys.path)',
      nodejs: 'console.log(module.paths)',
      shell: 'echo "$PATH"; command -v cat',
    },
  ],
  [
    'where it stands',
    {
      python: 'import os\nprint(os.getcwd(), os.getpid() == os.getpgid(0) == os.getsid(0), os.umask(0))',
      nodejs: 'console.log(process.cwd(), process.umask())',
      shell: 'pwd; umask; set -- $(cat /proc/$$/stat); test "$1" = "$5" && test "$1" = "$6" && echo leads',
    },
  ],
  [
    'what is open',
    {
      python:
        'import os\nprint(sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:3], max(int(fd) for fd in os.listdir("/proc/self/fd")))',
      nodejs: 'console.log(0)',
      shell: 'ls /proc/$$/fd',
    },
  ],
  [
    'what it looks like from outside',
    {
      python:
        'for what in "environ", "cmdline":\n    print(sorted(open(f"/proc/self/{what}").read().rstrip("\\0").split("\\0")))',
      nodejs:
        'for (const what of ["environ", "cmdline"]) console.log(require("fs").readFileSync(`/proc/self/${what}`, "utf8").replace(/\\0+$/, "").split("\\0").sort())',
      shell: "for what in environ cmdline; do tr '\\0' '\\n' < /proc/$$/$what | sort; done",
    },
  ],
  [
    'a child that it left',
    {
      python: 'import subprocess\nsubprocess.Popen(["sleep", "600"])\nprint("done")',
      nodejs: 'require("child_process").spawn("sleep", ["600"], { stdio: "inherit" }).unref(); console.log("done")',
      shell: 'sleep 600 &\necho done',
    },
  ],
  [
    'a child in a session of its own, after a failure',
    {
      python:
        'import subprocess, sys\nsubprocess.Popen(["sleep", "600"], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\nsys.exit(1)',
      nodejs:
        'require("child_process").spawn("sleep", ["600"], { detached: true, stdio: "ignore" }).unref(); process.exitCode = 1',
      shell: 'setsid sleep 600 > /dev/null 2>&1 &\nexit 1',
    },
  ],
  [
    'a time limit',
    { python: 'import time\ntime.sleep(600)', nodejs: 'setTimeout(() => 0, 600_000)', shell: 'sleep 600' },
    { attempt: { timeout_seconds: 1 }, deps: { stopGraceSeconds: 1 } },
  ],
  [
    'a cancel',
    {
      python:
        'import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(print("tidied")))\nprint("ready")\ntime.sleep(600)',
      nodejs:
        'process.on("SIGTERM", () => { console.log("tidied"); process.exit(0); }); console.log("ready"); setTimeout(() => 0, 600_000)',
      shell: 'trap "echo tidied; exit 0" TERM\necho ready\nsleep 600 &\nwait',
    },
    { stop: (cancel) => cancel() },
  ],
  [
    'a kill from outside',
    {
      python: 'import time\nprint("ready")\ntime.sleep(600)',
      nodejs: 'console.log("ready"); setTimeout(() => 0, 600_000)',
      shell: 'echo ready; sleep 600',
    },
    { stop: (_, pid) => signalProcess(pid, 'SIGSEGV') },
  ],
  ['a syntax error', { python: 'print(\n', nodejs: 'console.log(', shell: 'if' }],
];

describe.each(kinds)('%s like a new process', (kind) => {
  test.each(cases)('%s', async (_, scripts, options = {}) => {
    const script = `${scripts[kind]}\n`;
    const [expected, found] = await bothWays(kind, script, options);
    expect(withoutStack(kind, found)).toEqual(withoutStack(kind, expected));
  });
});

/** Of what Node says of an error only the frames below the action may differ. */
function withoutStack(kind: Kind, value: JsonObject): JsonObject {
  if (kind !== 'nodejs') return value;
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

describe.runIf(kinds.includes('python'))('a fork of Python', () => {
  test.each(pythonOnly)('%s', async (_, script, options = {}) => {
    const [expected, found] = await bothWays('python', script, options);
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
  const [expected, found] = await bothWays('nodejs', script, options);
  expect(withoutStack('nodejs', found)).toEqual(withoutStack('nodejs', expected));
});

const shellOnly: [name: string, script: string, options?: Case][] = [
  [
    'values that mean something to a shell',
    'env | sort',
    {
      deps: {
        baseEnvironment: { ...base, QUOTES: `it's "$HOME" \\`, LINES: 'a\nb\n', IFS: 'x', EMPTY: '', PWD: '/tmp' },
      },
    },
  ],
  ['a script for another shell', '#!/bin/bash\necho "${BASH_VERSION:-none}" "$SHLVL" "$_" "$BASHOPTS"; env | sort'],
  ['input by the line', 'read -r line; echo "$line"', { parameters: { a: 1 } }],
  ['input for two', 'head -c 3; cat', { parameters: { a: 'b' } }],
  ['an end by a program that takes its place', 'exec sh -c "exit 3"'],
];

test.each(shellOnly)('a shell that waited runs like a new one: %s', async (_, script, options = {}) => {
  const [expected, found] = await bothWays('shell', `${script}\n`, options);
  expect(found).toEqual(expected);
});

describe('starts as a new process', () => {
  const coldAttempts = async (kind: Kind, files: Record<string, string>, deps: StartOptions['deps'] = {}) => {
    await using bench = openBench();
    for (const [path, text] of Object.entries(files)) bench.file(path, text);
    const run = () => bench.run({ runner_type: kind, script: nothing[kind] }, { deps });
    await run();
    await isReady(kind, bench);
    expect((await run()).kind).toBe('succeeded');
    return bench.runners.stats().attempts.cold;
  };
  const tooMuch = {
    python: { LONG: 'x'.repeat(20_000) },
    nodejs: { LONG: 'x'.repeat(20_000) },
    shell: { 'not.a.name': 'of a shell' },
  };

  test.runIf(kinds.includes('python')).each([
    ['lib/json.py', 'a module that its parent has loaded'],
    ['lib/sitecustomize.py', 'a module that interpreters load when they start'],
    ['actions/subprocess.py', 'a module beside the script'],
  ])('a Python action whose pack has %s: %s', async (path) => {
    expect(await coldAttempts('python', { [path]: '' })).toBe(2);
  });

  test.each(kinds)('an action whose environment it cannot take on: %s', async (kind) => {
    expect(await coldAttempts(kind, {}, { baseEnvironment: { ...base, ...tooMuch[kind] } })).toBe(2);
  });

  test.each(['UID', 'PPID', 'SHLVL', '_', 'BASHOPTS'])('a shell action that is to have a %s', async (name) => {
    expect(await coldAttempts('shell', {}, { baseEnvironment: { ...base, [name]: '7' } })).toBe(2);
  });

  test.each(kinds)('but not one that fits: %s', async (kind) => {
    expect(await coldAttempts(kind, { 'lib/mine.py': '' })).toBe(1);
  });
});

test.runIf(kinds.includes('python'))(
  'what a killed parent had forked fails and is gone; the next action starts',
  async () => {
    await using bench = openBench();
    const script = 'import os, time\nprint(os.getppid())\ntime.sleep(600)\n';
    await bench.run({ runner_type: 'python', script: '0\n' });
    await isReady('python', bench);
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
      return Object.values(prepared).some(({ folder }) => environment.includes(`HOME=${folder}/home`))
        ? [{ cmdline, environment }]
        : [];
    } catch {
      return []; // it has ended, or is nobody's
    }
  });
  expect(waiting.length).toBeGreaterThan(0);
  for (const { cmdline, environment } of waiting) {
    expect(cmdline.replace(/\0+$/, '').split('\0').at(-1)).toMatch(/runners\/(forker\.py|prestarted\.(cjs|sh))$/);
    expect(environment).toContain('ATTUNE_RUNNER_TOKEN=');
    expect(environment).not.toContain('ATTUNE_ROOM');
  }
});
