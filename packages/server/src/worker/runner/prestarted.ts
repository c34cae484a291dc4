import { closeSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { openLaterInput, type Input } from '../input.ts';
import type { Interpreter } from '../interpreters.ts';
import type { Pipes } from '../pipes.ts';
import type { Records } from '../records.ts';
import { readerOf, type Program, type Spawned } from '../spawn.ts';
import { runnerScript, startHelper, type Helper } from './helper.ts';
import { environmentTexts, padding, room, sizeOf } from './room.ts';
import type { Retirement, RunnerBook } from './stats.ts';

/** How many wait at most, and how long for an action to come, in milliseconds. */
const limits = { waiting: 2, idleMs: 60_000, endMs: 1_000 };

export interface PrestartedOptions {
  nodejs: Interpreter;
  pipes: Pipes;
  baseEnvironment: Readonly<Record<string, string>>;
  records: Records;
  /** The folder they wait in. */
  home: string;
  book: RunnerBook;
}

export interface NodeProgram extends Program {
  /** The JavaScript file. */
  script: string;
}

export interface Prestarted {
  /** Lets a process that waits become this program; undefined where none waits, or the program needs more room. Afterwards there will be
   *  some that wait: where one Node action runs, more are likely. */
  start(program: NodeProgram): Spawned | undefined;
  idle(): number;
  close(): Promise<void>;
}

interface Waiting {
  helper: Helper;
  stdout: Socket;
  stderr: Socket;
  input: Input;
  giveUp: NodeJS.Timeout;
}

/** Keeps Node processes that have started and know nothing yet; each becomes one action: see runners/prestarted.cjs. */
export function openPrestarted({ nodejs, pipes, baseEnvironment, records, home, book }: PrestartedOptions): Prestarted {
  const waiting: Waiting[] = [];
  const closing = new Set<Promise<void>>();
  let coming = 0;
  let isClosed = false;

  const begin = async (): Promise<void> => {
    const [out, err] = [await pipes.take(), await pipes.take()];
    const input = openLaterInput(home);
    const streams = [readerOf(out.readFd), readerOf(err.readFd)] as const;
    try {
      const helper = await startHelper({
        command: { path: nodejs.path, args: [...nodejs.args, runnerScript('prestarted.cjs'), padding] },
        cwd: home,
        env: { ...baseEnvironment, HOME: home, TMPDIR: home, ATTUNE_ROOM: padding },
        stdio: [input.readFd, out.writeFd, err.writeFd],
        records,
      });
      book.started('prestarted');
      const giveUp = setTimeout(() => end(one, 'idle'), limits.idleMs);
      giveUp.unref();
      const one: Waiting = { helper, stdout: streams[0], stderr: streams[1], input, giveUp };
      waiting.push(one);
      void helper.exited.then(() => end(one, 'crashed'));
      if (isClosed) end(one, 'closing');
    } catch (error) {
      closeSync(input.writeFd);
      for (const stream of streams) stream.destroy();
      throw error;
    } finally {
      for (const fd of [input.readFd, out.writeFd, err.writeFd]) closeSync(fd);
    }
  };

  /** Ends one that still waits. */
  const end = (one: Waiting, why: Retirement) => {
    if (!take(one)) return;
    book.retired('prestarted', why);
    closeSync(one.input.writeFd);
    for (const stream of [one.stdout, one.stderr]) stream.destroy();
    const ended = one.helper.end(limits.endMs).finally(() => closing.delete(ended));
    closing.add(ended);
  };

  const take = (one: Waiting): boolean => {
    const index = waiting.indexOf(one);
    if (index === -1) return false;
    waiting.splice(index, 1);
    clearTimeout(one.giveUp);
    return true;
  };

  const refill = () => {
    while (!isClosed && waiting.length + coming < limits.waiting) {
      coming += 1;
      const started = begin()
        .catch(() => undefined) // actions go on as new processes
        .finally(() => {
          coming -= 1;
          closing.delete(started);
        });
      closing.add(started);
    }
  };

  return {
    start({ command, cwd, env, input, script }) {
      setImmediate(refill); // after what is asked for now
      const one = waiting[0];
      if (one === undefined || sizeOf([command.path, ...command.args]) > room) return undefined;
      if (sizeOf(environmentTexts(env)) > room + sizeOf(environmentTexts(baseEnvironment))) return undefined;
      try {
        if (input !== undefined) writeFileSync(one.input.writeFd, input);
      } catch {
        end(one, 'crashed'); // no room for its input: a new process may find some elsewhere
        return undefined;
      }
      take(one);
      closeSync(one.input.writeFd);
      book.retired('prestarted', 'uses');
      const { helper, stdout, stderr } = one;
      helper.channel.end(`${JSON.stringify({ script, cwd, env })}\n`);
      return { pid: helper.pid, stdout, stderr, exited: helper.exited };
    },
    idle: () => waiting.length,
    async close() {
      isClosed = true;
      for (const one of [...waiting]) end(one, 'closing');
      while (closing.size > 0) await Promise.all(closing);
    },
  };
}
