import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Both ends of a pipe. Whoever takes it closes them: the writing end right after a child inherited it. */
export interface Pipe {
  /** Does not block. */
  readFd: number;
  writeFd: number;
}

export interface Pipes {
  take(): Promise<Pipe>;
  close(): Promise<void>;
}

/** How many are made at once, and how few are left when more are made: one start of `mkfifo` takes as long as a small action. */
const batch = { size: 64, refillAt: 16 };

/** Makes real pipes for the output of actions. What Node calls a pipe is a socket, and a socket cannot be opened by its name in
 *  /dev: `echo oops > /dev/stderr` fails in a child that has one. Node cannot make pipes, so they begin as FIFOs, whose names are
 *  gone before a child sees them.
 *  @param folder Made anew with mode 0700; nobody else may use it.
 *  @throws Error from `take` where there is no `mkfifo`. */
export function openPipes(folder: string): Pipes {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ready: string[] = [];
  let refilling: Promise<void> | undefined;

  const refill = () =>
    (refilling ??= (async () => {
      const names = Array.from({ length: batch.size }, () => join(folder, randomUUID()));
      await promisify(execFile)('mkfifo', ['-m', '600', ...names]);
      ready.push(...names);
    })().finally(() => (refilling = undefined)));

  return {
    async take() {
      while (ready.length === 0) await refill();
      const name = ready.pop() as string;
      // a refill that fails is met again by whoever finds nothing ready
      if (ready.length < batch.refillAt) refill().catch(() => undefined);
      return open(name);
    },
    async close() {
      await refilling?.catch(() => undefined); // or it would make more while they are removed
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function open(name: string): Pipe {
  const readFd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    // does not wait: there is a reader
    return { readFd, writeFd: openSync(name, constants.O_WRONLY) };
  } catch (error) {
    closeSync(readFd);
    throw error;
  } finally {
    unlinkSync(name);
  }
}
