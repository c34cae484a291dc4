import type { RunnerType } from '@attune/core';
import { join } from 'node:path';
import type { Attempt } from '../attempt.ts';
import { CannotStart, commandOf } from '../command.ts';
import type { Folders } from '../folder.ts';
import type { Interpreter, Interpreters } from '../interpreters.ts';
import type { Pipes } from '../pipes.ts';
import type { Records } from '../records.ts';
import { runnerScript } from './helper.ts';
import type { Retirement, RunnerBook } from './stats.ts';
import { startWarmProcess, type Answer, type WarmProcess } from './warm-process.ts';

/** When a process is used no more. */
export interface WarmLimits {
  /** Calls. */
  uses: number;
  /** Bytes in memory after a call. */
  memory: number;
  ageMs: number;
  /** For how long it has had nothing to do. */
  idleMs: number;
  /** How many processes of all actions may wait; those that work are limited by the worker's slots. */
  kept: number;
}

/** Milliseconds a process has to end by itself. */
const endMs = 1_000;

export interface WarmOptions {
  interpreters: Interpreters;
  pipes: Pipes;
  baseEnvironment: Readonly<Record<string, string>>;
  records: Records;
  /** Each has one of its own, as an attempt has. */
  folders: Folders;
  limits: WarmLimits;
  book: RunnerBook;
}

/** A process in the hands of one call. */
export interface Lent {
  process: WarmProcess;
  /** Says that the process is to end with the call, before it is told so. */
  giveUp(): void;
  /** Says how the call went, and lets the process go. */
  giveBack(answer: Answer): void;
}

export interface WarmRunners {
  /** @throws CannotStart where the host has no such interpreter, or the process does not start. */
  borrow(attempt: Attempt): Promise<Lent>;
  idle(): number;
  close(): Promise<void>;
}

interface Kept {
  key: string;
  process: WarmProcess;
  giveUp: NodeJS.Timeout;
}

/** Keeps processes that are called again and again. Each belongs to one action of one revision of its pack, so that what one leaves
 *  behind in its memory is seen by no other action. */
export function openWarm({
  interpreters,
  pipes,
  baseEnvironment,
  records,
  folders,
  limits,
  book,
}: WarmOptions): WarmRunners {
  /** Those that wait, the one that was used last at the end. */
  const kept: Kept[] = [];
  const reasons = new WeakMap<WarmProcess, Retirement>();
  const all = new Set<WarmProcess>();
  const ending = new Set<Promise<void>>();
  let isClosed = false;

  const end = (process: WarmProcess, why: Retirement) => {
    if (!reasons.has(process)) reasons.set(process, why);
    const ended = process.end(endMs).finally(() => ending.delete(ended));
    ending.add(ended);
  };

  const takeKept = (key: string): WarmProcess | undefined => {
    const index = kept.findLastIndex((one) => one.key === key && !one.process.hasExited());
    if (index === -1) return undefined;
    const [one] = kept.splice(index, 1);
    clearTimeout(one?.giveUp);
    return one?.process;
  };

  const drop = (process: WarmProcess): boolean => {
    const index = kept.findIndex((one) => one.process === process);
    if (index === -1) return false;
    clearTimeout(kept.splice(index, 1)[0]?.giveUp);
    return true;
  };

  const keep = (key: string, process: WarmProcess) => {
    const idle = Math.min(limits.idleMs, 2 ** 31 - 1);
    const giveUp = setTimeout(() => {
      if (drop(process)) end(process, 'idle');
    }, idle);
    giveUp.unref();
    kept.push({ key, process, giveUp });
    while (kept.length > limits.kept) {
      const oldest = kept[0]?.process;
      if (oldest !== undefined && drop(oldest)) end(oldest, 'surplus');
    }
  };

  const begin = async (attempt: Attempt, interpreter: Interpreter): Promise<WarmProcess> => {
    const { action, pack_dir, pack_ref } = attempt;
    const own = await folders.take();
    const isPython = action.runner_type === 'python';
    const script = commandOf(attempt, interpreters).args.at(-1) ?? '';
    const started = await startWarmProcess(
      {
        command: {
          path: interpreter.path,
          // its output is flushed after each line and each call, so it may be buffered
          args: [...(isPython ? ['-B', runnerScript('warm.py')] : [runnerScript('warm.mjs')]), pack_dir, script],
        },
        cwd: pack_dir,
        env: {
          ...baseEnvironment,
          ...(isPython ? { PYTHONPATH: join(pack_dir, 'lib') } : {}),
          HOME: own.home,
          TMPDIR: own.temporary,
          ATTUNE_ACTION: action.ref,
          ATTUNE_PACK_REF: pack_ref,
        },
        records,
      },
      pipes,
    ).catch((error: unknown) => {
      folders.giveBack(own);
      throw error;
    });
    book.started('warm');
    all.add(started);
    void started.exited.then(() => {
      all.delete(started);
      folders.giveBack(own);
      if (drop(started)) end(started, 'crashed'); // while it waited; what it started ends with it
      book.retired('warm', reasons.get(started) ?? 'crashed');
    });
    return started;
  };

  const whyNotAgain = (process: WarmProcess, answer: Answer): Retirement | undefined => {
    if (answer.kind === 'ended') return 'crashed';
    if (isClosed) return 'closing';
    if (answer.kind === 'broken') return 'stopped';
    if (answer.hasChildren) return 'leftovers';
    if (process.uses >= limits.uses) return 'uses';
    if (answer.memory > limits.memory) return 'memory';
    return performance.now() - process.startedAt > limits.ageMs ? 'age' : undefined;
  };

  return {
    async borrow(attempt) {
      const { action, pack_dir } = attempt;
      const key = [action.runner_type, pack_dir, action.ref, action.entry_point].join('\0');
      const interpreter = interpreterOf(action.runner_type, interpreters);
      let process = takeKept(key);
      book.attempts[process === undefined ? 'warm_first' : 'warm'] += 1;
      process ??= await begin(attempt, interpreter).catch((error: unknown) => {
        if (error instanceof CannotStart) throw error;
        throw new CannotStart(`The process for calls of '${action.ref}' does not start: ${String(error)}`);
      });
      const borrowed = process;
      return {
        process: borrowed,
        giveUp: () => void reasons.set(borrowed, 'stopped'),
        giveBack(answer) {
          const why = reasons.get(borrowed) ?? whyNotAgain(borrowed, answer);
          if (why === undefined && !borrowed.hasExited()) keep(key, borrowed);
          else end(borrowed, why ?? 'crashed');
        },
      };
    },
    idle: () => kept.length,
    async close() {
      isClosed = true;
      for (const one of all) {
        drop(one);
        end(one, 'closing');
      }
      while (ending.size > 0) await Promise.all(ending);
    },
  };
}

/** @throws CannotStart where the host has none. */
function interpreterOf(runner: RunnerType, { python, nodejs }: Interpreters): Interpreter {
  if (runner === 'nodejs') return nodejs;
  if (runner !== 'python') throw new CannotStart(`'runner: warm' needs Python or Node, not ${runner}`);
  if (python === undefined) throw new CannotStart('This worker has no Python 3');
  return python;
}
