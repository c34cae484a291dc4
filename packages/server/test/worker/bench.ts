import type { JsonObject } from '@attune/core';
import type { Outcome } from '@attune/engine';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Attempt, AttemptDeps, RunnableAction, StreamName } from '../../src/worker/attempt.ts';
import { baseEnvironment } from '../../src/worker/environment.ts';
import { findInterpreters } from '../../src/worker/interpreters.ts';
import { openPipes } from '../../src/worker/pipes.ts';
import { runAttempt } from '../../src/worker/run.ts';
import { openRunners, type Runners, type RunnersOptions } from '../../src/worker/runner/index.ts';

export const interpreters = await findInterpreters(process.env['PATH'] ?? '');

export interface Piece {
  stream: StreamName;
  offset: number;
  bytes: Buffer;
}

/** An attempt under way on a bench of the test's own. */
export interface Started {
  outcome: Promise<Outcome>;
  /** Resolves with the id of the main process. */
  spawned: Promise<number>;
  /** What came out so far, in order. */
  pieces: Piece[];
  log(stream: StreamName): string;
  cancel(): void;
  token: string;
}

export interface Bench extends AsyncDisposable {
  scratch: string;
  /** Where processes are on record. */
  folder: string;
  runners: Runners;
  pack: string;
  /** Writes a file of the pack; executable. */
  file(path: string, content: string): void;
  start(script: Partial<RunnableAction> & { script?: string }, options?: StartOptions): Started;
  run(
    script: Partial<RunnableAction> & { script?: string },
    options?: StartOptions,
  ): Promise<Outcome & { started: Started }>;
}

export interface StartOptions {
  parameters?: JsonObject;
  attempt?: Partial<Attempt>;
  deps?: Partial<AttemptDeps>;
}

/** A pack folder, a scratch folder and pipes; `script` becomes the entry point of an action of the pack `demo`. */
export function openBench(options: Partial<RunnersOptions> = {}): Bench {
  const root = mkdtempSync(join(tmpdir(), 'attune-bench-'));
  const [pack, scratch] = [join(root, 'pack'), join(root, 'scratch')];
  for (const folder of [pack, scratch]) mkdirSync(folder);
  const pipes = openPipes(join(root, 'pipes'));
  const base = baseEnvironment(process.env, []);
  const runners = openRunners({
    ...{ interpreters, pipes, scratch, folder: root, baseEnvironment: base, prestart: true },
    warm: { uses: 1_000, memory: 2 ** 30, ageMs: 600_000, idleMs: 60_000, kept: 4 },
    ...options,
  });

  const file = (path: string, content: string) => {
    mkdirSync(dirname(join(pack, path)), { recursive: true });
    writeFileSync(join(pack, path), content, { mode: 0o755 });
  };

  const start: Bench['start'] = ({ script, ...action }, { parameters = {}, attempt = {}, deps = {} } = {}) => {
    const entry_point = action.entry_point ?? `script-${randomUUID()}`;
    if (script !== undefined) file(`actions/${entry_point}`, script);
    const pieces: Piece[] = [];
    const token = randomUUID();
    const abort = new AbortController();
    let onSpawn: (pid: number) => void = () => undefined;
    const spawned = new Promise<number>((resolve) => (onSpawn = resolve));
    const outcome = runAttempt(
      {
        execution: '7',
        attempt: 1,
        pack_ref: 'demo',
        pack_dir: pack,
        parameters,
        timeout_seconds: null,
        rule_ref: null,
        trigger_ref: null,
        ...attempt,
        action: {
          ref: 'demo.script',
          runner_type: 'shell',
          parameters: null,
          output: null,
          parameter_delivery: 'stdin',
          parameter_format: 'json',
          output_format: 'text',
          ...action,
          entry_point,
        },
      },
      {
        interpreters: options.interpreters ?? interpreters,
        runners,
        token,
        baseEnvironment: base,
        apiUrl: 'http://127.0.0.1:1',
        signal: abort.signal,
        stopGraceSeconds: 5,
        append: (stream, offset, bytes) => {
          pieces.push({ stream, offset, bytes });
          return Promise.resolve();
        },
        onSpawn,
        ...deps,
      },
    );
    const log = (stream: StreamName) =>
      Buffer.concat(pieces.filter((piece) => piece.stream === stream).map((piece) => piece.bytes)).toString();
    return { outcome, spawned, pieces, log, cancel: () => abort.abort(), token };
  };

  return {
    scratch,
    folder: root,
    runners,
    pack,
    file,
    start,
    async run(script, options) {
      const started = start(script, options);
      return { ...(await started.outcome), started };
    },
    async [Symbol.asyncDispose]() {
      await runners.close();
      await pipes.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Standard output as the result shows it. */
export function textOf(result: JsonObject): string {
  const { stdout } = result;
  if (typeof stdout !== 'string') throw new Error('The result holds no standard output');
  return stdout;
}
