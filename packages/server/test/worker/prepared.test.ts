import { isJsonObject, type Json, type JsonObject } from '@attune/core';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../../testing/until.ts';
import { groupIsAlive, processesWithToken, signalProcess } from '../../src/worker/processes.ts';
import { interpreters, openBench, type Bench, type StartOptions } from './bench.ts';
import { base, cases, modules, pythonOnly, shellOnly, type Case, type Kind } from './prepared-cases.ts';

/** Actions are forked, or run by a process that waited for them, only to start sooner: nothing else may differ from a new process. */

const isLinux = process.platform === 'linux';
const hasPython = interpreters.python !== undefined;
const kinds: Kind[] = [...(isLinux && hasPython ? (['python'] as const) : []), 'nodejs', 'shell'];
if (!isLinux || !hasPython)
  console.log('Python actions are forked on Linux only, where there is a Python: not tested here');

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

describe.runIf(kinds.includes('python'))('a fork of Python', () => {
  test.each(pythonOnly)('%s', async (_, script, options = {}) => {
    const [expected, found] = await bothWays('python', script, options);
    expect(found).toEqual(expected);
  });
});

test.each(modules)('a prestarted Node process runs %s like a new one', async (name, script) => {
  const options = { action: { entry_point: `module-${name.length}.mjs` } };
  const [expected, found] = await bothWays('nodejs', script, options);
  expect(withoutStack('nodejs', found)).toEqual(withoutStack('nodejs', expected));
});

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
