import { baseEnvironment } from '../../src/worker/environment.ts';
import { signalProcess } from '../../src/worker/processes.ts';
import type { StartOptions } from './bench.ts';

/** What scripts tell that are run in two ways, for prepared.test.ts. */

export type Kind = 'python' | 'nodejs' | 'shell';

export const base = baseEnvironment(process.env, []);

export interface Case extends StartOptions {
  action?: Record<string, unknown>;
  /** How it is stopped, once it has said that it is ready. */
  stop?: (cancel: () => void, pid: number) => void;
}

/** Each says in all languages the same. */
export const cases: [name: string, scripts: Record<Kind, string>, options?: Case][] = [
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

export const pythonOnly: [name: string, script: string, options?: Case][] = [
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

export const modules: [name: string, script: string][] = [
  [
    'a module',
    'import { readFileSync } from "node:fs";\nconsole.log(await 5, readFileSync(0, "utf8"), process.argv.length)',
  ],
  ['a module that waits for what never comes', 'console.log("waiting");\nawait new Promise(() => 0)'],
];

export const shellOnly: [name: string, script: string, options?: Case][] = [
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
