import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { shellAskedFor } from '../../src/worker/command.ts';
import { findInterpreters, runtimesOf } from '../../src/worker/interpreters.ts';
import { interpreters, openBench, textOf } from './bench.ts';

const bench = openBench();
afterAll(() => bench[Symbol.asyncDispose]());

test('Python is found behind a shim, as the program itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'attune-shim-'));
  try {
    writeFileSync(join(folder, 'python3'), `#!/bin/sh\nexec '${interpreters.python?.path}' "$@"\n`, { mode: 0o755 });
    const found = await findInterpreters(folder);
    expect(realpathSync(found.python?.path ?? '')).toBe(realpathSync(interpreters.python?.path ?? '-'));
    expect(found.python?.version).toMatch(/^3\.\d+\.\d+/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a runtime that is missing is not offered', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'attune-empty-'));
  try {
    expect(runtimesOf(await findInterpreters(folder))).toEqual(['nodejs', 'native']);
    writeFileSync(join(folder, 'python3'), '#!/bin/sh\nexit 127\n', { mode: 0o755 });
    expect((await findInterpreters(`${folder}:.`)).python).toBeUndefined();
    expect(runtimesOf(interpreters)).toEqual(['shell', 'python', 'nodejs', 'native']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a shell script runs with the shell its first line names, else with 'sh'", async () => {
  expect(shellAskedFor('#!/bin/bash -e')).toBe('bash');
  expect(shellAskedFor('#!/usr/bin/env bash')).toBe('bash');
  expect(shellAskedFor('#!/usr/bin/env -S zsh -e')).toBe('zsh');
  expect(shellAskedFor('#!/bin/sh')).toBe('sh');
  expect(shellAskedFor('#!/usr/bin/perl')).toBe('sh');
  expect(shellAskedFor('echo bash')).toBe('sh');
  const { result } = await bench.run(
    { script: '#!/usr/bin/env ksh\necho' },
    {
      deps: { interpreters: { ...interpreters, shells: new Map() } },
    },
  );
  expect(result['error']).toMatch(/no 'ksh'/);
});

test('native runs the file itself', async () => {
  const { result } = await bench.run({ runner_type: 'native', script: '#!/bin/sh\necho "$0"; exit 0\n' });
  expect(textOf(result)).toContain(`${bench.pack}/actions/`);
});

test('what cannot start is a failure that names it', async () => {
  const missing = await bench.run({ entry_point: 'gone.sh' });
  expect(missing.kind).toBe('failed');
  expect(missing.result['error']).toMatch(/'gone\.sh'/);
  const native = await bench.run({ runner_type: 'native', entry_point: 'gone' });
  expect(native.result['error']).toMatch(/actions\/gone' does not exist/);
  const outside = await bench.run({ entry_point: '../../escape.sh' });
  expect(outside.result['error']).toMatch(/leaves the pack/);
});
