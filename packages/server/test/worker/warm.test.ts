import { isJsonObject, type JsonObject } from '@attune/core';
import { afterEach, describe, expect, test } from 'vitest';
import { isAlive } from '../../../../testing/is-alive.ts';
import { until } from '../../../../testing/until.ts';
import { groupIsAlive } from '../../src/worker/processes.ts';
import type { WarmLimits } from '../../src/worker/runner/warm.ts';
import { interpreters, openBench, type Bench, type StartOptions } from './bench.ts';

const languages = interpreters.python === undefined ? (['nodejs'] as const) : (['python', 'nodejs'] as const);
if (interpreters.python === undefined) console.log('There is no Python here: warm runners of Python are not tested');

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench[Symbol.asyncDispose]();
});

const roomy: WarmLimits = { uses: 1_000, memory: 2 ** 30, ageMs: 600_000, idleMs: 60_000, kept: 4 };

function benchWith(limits: Partial<WarmLimits> = {}): Bench {
  const bench = openBench({ warm: { ...roomy, ...limits } });
  benches.push(bench);
  return bench;
}

/** An action with one function, which says by `parameters.do` what to do. */
const scripts = {
  python: `
import asyncio, ctypes, json, os, subprocess, sys, threading, time

print("loaded")
calls = 0

def run(parameters, context):
    global calls
    calls += 1
    what = parameters["do"]
    if what == "count":
        return {"calls": calls, "pid": os.getpid()}
    if what == "context":
        return {**context, "deadline": context["deadline"] and context["deadline"] - time.time()}
    if what == "say":
        print(parameters["text"])
        print("and", file=sys.stderr)
        subprocess.run(["echo", "child"])
        return None
    if what == "throw":
        raise ValueError("no " + parameters.get("text", "good"))
    if what == "later":
        return later()
    if what == "nothing":
        return None
    if what == "no json":
        return {"a": object()}
    if what == "nan":
        return float("nan")
    if what == "long":
        return "x" * 11_000_000
    if what == "end":
        os._exit(parameters["code"])
    if what == "meddle":
        os.write(3, b'{"ok": true}\\n')
        time.sleep(60)
    if what == "exit":
        sys.exit(0)
    if what == "crash":
        os.kill(os.getpid(), 11)
    if what == "stick":
        print("stuck", flush=True)
        while True:
            pass
    if what == "leave":
        return subprocess.Popen(["sleep", "600"]).pid
    if what == "grow":
        parameters["kept"] = bytearray(120_000_000)
        globals()["kept"] = parameters["kept"]
        return calls
    if what == "environment":
        return {"own": dict(os.environ), "shown": open("/proc/self/environ").read() + open("/proc/self/cmdline").read()}
    if what == "move":
        os.chdir("/")
        return os.getcwd()
    if what == "where":
        return os.getcwd()
    if what == "echo":
        return parameters["value"]

async def later():
    await asyncio.sleep(0.01)
    return "later"
`,
  nodejs: `
const { spawn, execSync } = require('node:child_process');
const fs = require('node:fs');

console.log('loaded');
let calls = 0;
let kept;

exports.run = async (parameters, context) => {
  calls += 1;
  switch (parameters.do) {
    case 'count': return { calls, pid: process.pid };
    case 'context': return { ...context, deadline: context.deadline && context.deadline - Date.now() / 1000 };
    case 'say':
      console.log(parameters.text);
      console.error('and');
      execSync('echo child', { stdio: 'inherit' });
      return;
    case 'throw': throw new TypeError('no ' + (parameters.text ?? 'good'));
    case 'later': await new Promise((resolve) => setTimeout(resolve, 10)); return 'later';
    case 'nothing': return;
    case 'no json': return () => 1;
    case 'nan': return { a: 1n };
    case 'long': return 'x'.repeat(11_000_000);
    case 'end': process.exit(parameters.code);
    case 'meddle': fs.writeSync(3, '{"ok": true}\\n'); await new Promise(() => setTimeout(() => 0, 60_000));
    case 'exit': process.exit(0);
    case 'crash': process.kill(process.pid, 'SIGSEGV'); await new Promise(() => setTimeout(() => 0, 60_000));
    case 'stick': console.log('stuck'); for (;;);
    case 'leave': return spawn('sleep', ['600'], { stdio: 'ignore' }).pid;
    case 'grow': kept = Buffer.alloc(120_000_000, 1); return calls;
    case 'environment': return { own: { ...process.env }, shown: fs.readFileSync('/proc/self/environ', 'utf8') + fs.readFileSync('/proc/self/cmdline', 'utf8') };
    case 'move': process.chdir('/'); return process.cwd();
    case 'where': return process.cwd();
    case 'echo': return parameters.value;
    case 'wait':
      console.log('waiting');
      await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
      return 'tidied';
  }
};
`,
};

describe.each(languages)('a warm runner of %s', (runner_type) => {
  const suffix = runner_type === 'python' ? 'py' : 'js';
  const action = { runner_type, runner: 'warm', entry_point: `functions.${suffix}` } as const;
  let execution = 100;

  function start(bench: Bench, what: string, more: JsonObject = {}, options: StartOptions = {}) {
    bench.file(`actions/functions.${suffix}`, scripts[runner_type]);
    execution += 1;
    const attempt = { execution: String(execution), ...options.attempt };
    return bench.start(action, { ...options, attempt, parameters: { do: what, ...more } });
  }

  async function call(bench: Bench, what: string, more?: JsonObject, options?: StartOptions) {
    const started = start(bench, what, more, options);
    const { kind, result } = await started.outcome;
    return { kind, result, data: result['data'], started, log: started.log('stdout') };
  }

  const count = async (bench: Bench): Promise<{ calls: number; pid: number }> => {
    const { data } = await call(bench, 'count');
    if (!isJsonObject(data)) throw new Error('It did not count');
    return { calls: Number(data['calls']), pid: Number(data['pid']) };
  };

  test('calls one process again and again, and what it returns is the data', async () => {
    const bench = benchWith();
    const first = await call(bench, 'count');
    expect(first).toMatchObject({ kind: 'succeeded', log: 'loaded\n', data: { calls: 1 } });
    expect(first.result).toMatchObject({ exit_code: 0, succeeded: true });
    const second = await count(bench);
    expect(second).toMatchObject({ calls: 2 });
    expect(bench.runners.stats()).toMatchObject({
      started: { warm: 1 },
      alive: { warm: 1 },
      idle: { warm: 1 },
      attempts: { warm_first: 1, warm: 1, cold: 0 },
    });
    const deep = { a: [1, null, { b: 'ü€' }], n: 1.5 };
    expect((await call(bench, 'echo', { value: deep })).data).toEqual(deep);
    expect((await call(bench, 'nothing')).result).toMatchObject({ data: null, succeeded: true });
    expect((await call(bench, 'later')).data).toBe('later');
  });

  test('tells the function which execution it works for', async () => {
    const bench = benchWith();
    const attempt = { attempt: 3, rule_ref: 'demo.rule', trigger_ref: 'demo.trigger', timeout_seconds: 60 };
    const { data, started } = await call(bench, 'context', {}, { attempt });
    const { deadline, ...rest } = data as { deadline: number };
    expect(rest).toEqual({
      ...{ execution_id: String(execution), attempt: 3, action_ref: 'demo.script', pack_ref: 'demo' },
      ...{ rule_ref: 'demo.rule', trigger_ref: 'demo.trigger', api_url: 'http://127.0.0.1:1', timeout_seconds: 60 },
    });
    expect(deadline).toBeGreaterThan(30);
    expect(deadline).toBeLessThanOrEqual(60);
    expect(await started.spawned).toBeGreaterThan(0);
  });

  test('puts what a call and its children write into the log of that call', async () => {
    const bench = benchWith();
    await count(bench);
    for (const text of ['one', 'two']) {
      const { started, result, log } = await call(bench, 'say', { text });
      expect(log).toBe(`${text}\nchild\n`);
      expect(started.log('stderr')).toBe('and\n');
      expect(result).toMatchObject({ data: null, stderr_log: 'and\n' });
    }
  });

  test('fails where the function throws, and goes on', async () => {
    const bench = benchWith();
    const { pid } = await count(bench);
    const { kind, result, started } = await call(bench, 'throw');
    const name = runner_type === 'python' ? 'ValueError' : 'TypeError';
    expect(kind).toBe('failed');
    expect(result).toMatchObject({ succeeded: false, exit_code: 1, error: `${name}: no good` });
    expect(started.log('stderr')).toContain(`functions.${suffix}`);
    expect(started.log('stderr')).not.toMatch(/warm\.(py|mjs)/);
    for (const what of ['no json', 'nan']) {
      expect((await call(bench, what)).result).toMatchObject({ succeeded: false });
    }
    expect(await count(bench)).toMatchObject({ pid });
  });

  test('takes no harm from a call that ends its process', async () => {
    const bench = benchWith();
    const ends = [
      await call(bench, 'end', { code: 0 }),
      await call(bench, 'end', { code: 3 }),
      await call(bench, 'crash'),
    ];
    expect(ends.map(({ kind, result }) => [kind, result['exit_code'], result['signal'] ?? null])).toEqual([
      ['failed', -1, null],
      ['failed', 3, null],
      ['failed', -1, 'SIGSEGV'],
    ]);
    expect(ends[0]?.result['error']).toBe('The process ended with code 0 before run() returned');
    expect((await call(bench, 'count')).data).toMatchObject({ calls: 1 });
    expect(bench.runners.stats()).toMatchObject({ retired: { warm: { crashed: 3 } }, alive: { warm: 1 } });
    const { kind, result } = await call(bench, 'meddle');
    expect(kind).toBe('failed');
    expect(result['error']).toBe('The process wrote to descriptor 3, by which it speaks with the worker');
    expect((await call(bench, 'count')).data).toMatchObject({ calls: 1 });
  });

  test.each(['time limit', 'cancel'])('ends a stuck call: %s', async (how) => {
    const bench = benchWith();
    const attempt = { timeout_seconds: how === 'cancel' ? null : 1 };
    const started = start(bench, 'stick', {}, { attempt, deps: { stopGraceSeconds: 0 } });
    await until('it is stuck', () => started.log('stdout').includes('stuck'));
    if (how === 'cancel') started.cancel();
    const [{ kind, result }, other] = await Promise.all([started.outcome, call(bench, 'count')]);
    expect(kind).toBe(how === 'cancel' ? 'cancelled' : 'timed_out');
    expect(result).toMatchObject({ succeeded: false, stdout: 'loaded\nstuck\n' });
    expect(groupIsAlive(await started.spawned)).toBe(false);
    expect(other.kind).toBe('succeeded');
    expect(bench.runners.stats().retired.warm).toEqual({ stopped: 1 });
  });

  test('replaces a process that is used up, too old, too large, or whose call left processes behind', async () => {
    const used = benchWith({ uses: 2 });
    const pids = [await count(used), await count(used), await count(used)].map(({ pid }) => pid);
    expect(new Set(pids).size).toBe(2);
    const old = benchWith({ ageMs: 0 });
    expect((await count(old)).pid).not.toBe((await count(old)).pid);
    const large = benchWith({ memory: 120_000_000 });
    await call(large, 'grow');
    expect((await call(large, 'count')).data).toMatchObject({ calls: 1 });
    const leaving = benchWith();
    const { data } = await call(leaving, 'leave');
    expect((await call(leaving, 'count')).data).toMatchObject({ calls: 1 });
    await until('it is gone', () => !isAlive(Number(data)));
    const reasons = [used, old, large, leaving].map((bench) => Object.keys(bench.runners.stats().retired.warm));
    await until('all have ended', () => [used, old, large, leaving].every((b) => b.runners.stats().alive.warm <= 1));
    expect(reasons.map(([why]) => why)).toEqual(['uses', 'age', 'memory', 'leftovers']);
  });

  test('lets few processes wait, and not for long', async () => {
    const bench = benchWith({ kept: 1, idleMs: 300 });
    await Promise.all([call(bench, 'later'), call(bench, 'later'), call(bench, 'later')]);
    expect(bench.runners.stats().idle.warm).toBe(1);
    await until('none is left', () => bench.runners.stats().alive.warm === 0);
    expect(bench.runners.stats().retired.warm).toEqual({ surplus: 2, idle: 1 });
  });

  test('keeps secrets out of the environment, the log and the result', async () => {
    const bench = benchWith();
    const secret = { ...action, parameters: { do: {}, text: { type: 'string', secret: true } } } as const;
    bench.file(`actions/functions.${suffix}`, scripts[runner_type]);
    const run = (what: string) => bench.run(secret, { parameters: { do: what, text: 'canary-7' } });
    expect((await run('say')).started.log('stdout')).toBe('loaded\n******\nchild\n');
    expect((await run('throw')).result['error']).toMatch(/no \*{6}$/);
    const told = await bench.run(secret, { parameters: { do: 'nothing', text: 'null' } });
    expect(told.result).toMatchObject({ succeeded: true, data_error: expect.stringContaining('not JSON') as string });
    const { data } = await call(bench, 'environment');
    expect(JSON.stringify(data)).not.toContain('canary-7');
    const { own, shown } = data as { own: Record<string, string>; shown: string };
    expect(own).toMatchObject({ ATTUNE_EXEC_ID: String(execution), ATTUNE_ACTION: 'demo.script' });
    expect(own['SSH_AUTH_SOCK']).toBeUndefined();
    expect(shown).not.toContain('canary-7');
  });

  test('begins each call in the folder of the pack', async () => {
    const bench = benchWith();
    expect((await call(bench, 'move')).data).toBe('/');
    expect((await call(bench, 'where')).data).toBe(bench.pack);
  });

  test('says what is wrong with an action that cannot be called', async () => {
    const bench = benchWith();
    const broken = (script: string) =>
      bench.run({ runner_type, runner: 'warm', entry_point: `broken${String((execution += 1))}.${suffix}`, script });
    const none = await broken('0\n');
    expect(none.result['error']).toMatch(
      /^TypeError: The action (has|exports) no function run\(parameters, context\)$/,
    );
    const syntax = await broken('(\n');
    expect(syntax.result['error']).toMatch(/^SyntaxError: /);
    expect((await call(bench, 'long')).result['error']).toBe(
      'What run() returned is longer than 10485760 bytes as JSON',
    );
  });

  test('leaves nothing alive when the worker stops', async () => {
    const bench = benchWith();
    const { pid } = await count(bench);
    expect(isAlive(pid)).toBe(true);
    await bench.runners.close();
    expect(isAlive(pid)).toBe(false);
    expect(bench.runners.stats().alive).toEqual({ forker: 0, prestarted: 0, warm: 0 });
  });
});

test('a Node function hears of the cancel in time to tidy up', async () => {
  const bench = benchWith();
  bench.file('actions/functions.js', scripts.nodejs);
  const action = { runner_type: 'nodejs', runner: 'warm', entry_point: 'functions.js' } as const;
  const started = bench.start(action, { parameters: { do: 'wait' }, deps: { stopGraceSeconds: 60 } });
  await until('it waits', () => started.log('stdout').includes('waiting'));
  started.cancel();
  expect(await started.outcome).toMatchObject({ kind: 'cancelled', result: { exit_code: 0 } });
});
