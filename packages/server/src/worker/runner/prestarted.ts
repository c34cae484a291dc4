import { closeSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Command } from '../command.ts';
import { openLaterInput, type Input } from '../input.ts';
import type { Pipes } from '../pipes.ts';
import type { Records } from '../records.ts';
import { readerOf, type Program, type Spawned } from '../spawn.ts';
import { startHelper, type Helper } from './helper.ts';
import type { Retirement, RunnerBook } from './stats.ts';

/** How many wait at most, how long for an action to come, and how long they have to end, in milliseconds. */
const limits = { waiting: 2, idleMs: 60_000, endMs: 1_000 };

/** Milliseconds without a start until there are as many as may wait. The worker stands still while it starts one, which is to be when
 *  nobody waits for it. */
const quietMs = 10;

export interface PrestartedOptions {
  pipes: Pipes;
  baseEnvironment: Readonly<Record<string, string>>;
  records: Records;
  /** The folder they wait in. */
  home: string;
  book: RunnerBook;
}

/** A program that waits, and how it is told what to become. */
export interface Kind<P extends Program> {
  command: Command;
  /** What it has in its environment besides the base. */
  env: Readonly<Record<string, string>>;
  /** Whether descriptor 4 is to be a file with more for it. */
  hasFile: boolean;
  /** Whether an action finds in it what it finds in a new process. */
  fits(program: P): boolean;
  /** Its standard input is ready.
   *  @returns a line for descriptor 3, and the file. */
  orders(program: P): { line: string; file?: string };
}

export interface Prestarted<P extends Program> {
  /** Lets a process that waits become this program; undefined where none waits, or the program would find a difference. Afterwards there
   *  will be some that wait: where one such action runs, more are likely. */
  start(program: P): Spawned | undefined;
  idle(): number;
  close(): Promise<void>;
}

interface Waiting {
  helper: Helper;
  stdout: Socket;
  stderr: Socket;
  input: Input;
  file: Input | undefined;
  giveUp: NodeJS.Timeout;
}

/** Keeps processes that have started and know nothing yet; each becomes one action. */
export function openPrestarted<P extends Program>(
  kind: Kind<P>,
  { pipes, baseEnvironment, records, home, book }: PrestartedOptions,
): Prestarted<P> {
  const waiting: Waiting[] = [];
  const closing = new Set<Promise<void>>();
  let coming = 0;
  let quiet: NodeJS.Timeout | undefined;
  let isClosed = false;

  const begin = async (): Promise<void> => {
    const [out, err] = [await pipes.take(), await pipes.take()];
    const input = openLaterInput(home);
    const file = kind.hasFile ? openLaterInput(home) : undefined;
    const streams = [readerOf(out.readFd), readerOf(err.readFd)] as const;
    try {
      const helper = await startHelper({
        command: kind.command,
        cwd: home,
        env: { ...baseEnvironment, HOME: home, TMPDIR: home, ...kind.env },
        stdio: [input.readFd, out.writeFd, err.writeFd],
        fourth: file?.readFd,
        records,
      });
      book.started('prestarted');
      const giveUp = setTimeout(() => end(one, 'idle'), limits.idleMs);
      giveUp.unref();
      const one: Waiting = { helper, stdout: streams[0], stderr: streams[1], input, file, giveUp };
      waiting.push(one);
      void helper.exited.then(() => end(one, 'crashed'));
      if (isClosed) end(one, 'closing');
    } catch (error) {
      closeOurs({ input, file });
      for (const stream of streams) stream.destroy();
      throw error;
    } finally {
      for (const fd of [input.readFd, out.writeFd, err.writeFd, ...(file === undefined ? [] : [file.readFd])])
        closeSync(fd);
    }
  };

  /** Ends one that still waits. */
  const end = (one: Waiting, why: Retirement) => {
    if (!take(one)) return;
    book.retired('prestarted', why);
    closeOurs(one);
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

  const refill = (most: number) => {
    while (!isClosed && waiting.length + coming < most) {
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

  /** Where starts follow each other, the next one is begun while this one runs. */
  const refillLater = () => {
    setImmediate(refill, 1);
    clearTimeout(quiet);
    quiet = setTimeout(refill, quietMs, limits.waiting);
  };

  return {
    start(program) {
      refillLater();
      const one = waiting[0];
      if (one === undefined || !kind.fits(program)) return undefined;
      const { line, file } = kind.orders(program);
      try {
        if (program.input !== undefined) writeFileSync(one.input.writeFd, program.input);
        if (one.file !== undefined && file !== undefined) writeFileSync(one.file.writeFd, file);
      } catch {
        end(one, 'crashed'); // no room for its input: a new process may find some elsewhere
        return undefined;
      }
      take(one);
      closeOurs(one);
      book.retired('prestarted', 'uses');
      const { helper, stdout, stderr } = one;
      helper.channel.end(`${line}\n`);
      return { pid: helper.pid, stdout, stderr, exited: helper.exited };
    },
    idle: () => waiting.length,
    async close() {
      isClosed = true;
      clearTimeout(quiet);
      for (const one of [...waiting]) end(one, 'closing');
      while (closing.size > 0) await Promise.all(closing);
    },
  };
}

/** Our ends of what it reads. */
function closeOurs({ input, file }: Pick<Waiting, 'input' | 'file'>): void {
  for (const one of [input, file]) if (one !== undefined) closeSync(one.writeFd);
}
