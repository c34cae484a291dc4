import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { CannotStart, type Command } from './command.ts';
import { openInput } from './input.ts';
import type { Pipes } from './pipes.ts';

export interface Exit {
  /** Null where a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Set where nobody could see how it ended: why. */
  unseen?: string;
}

export interface Spawned {
  /** Also the id of its process group. */
  pid: number;
  stdout: Readable;
  stderr: Readable;
  exited: Promise<Exit>;
}

/** A program as it is to start, in whichever way. */
export interface Program {
  command: Command;
  cwd: string;
  env: Record<string, string>;
  /** The whole of standard input; undefined: it is empty. */
  input: string | undefined;
  /** Where input may be put, under no name. */
  folder: string;
}

/** Starts a program in a process group of its own.
 *  @throws CannotStart where the system refuses to. */
export async function spawnProgram({ command, cwd, env, input, folder }: Program, pipes: Pipes): Promise<Spawned> {
  const [out, err] = [await pipes.take(), await pipes.take()];
  const stdout = readerOf(out.readFd);
  const stderr = readerOf(err.readFd);
  let stdin: number | undefined;
  try {
    stdin = openInput(input, folder);
    const child = spawn(command.path, command.args, {
      cwd,
      env,
      detached: true,
      stdio: [stdin, out.writeFd, err.writeFd],
    });
    const exited = exitOf(child);
    const pid = await pidOf(child);
    return { pid, stdout, stderr, exited };
  } catch (error) {
    stdout.destroy();
    stderr.destroy();
    throw new CannotStart(reasonOf(error as NodeJS.ErrnoException, command));
  } finally {
    // only the child may hold the writing ends, or its streams would never end
    for (const fd of [out.writeFd, err.writeFd, ...(stdin === undefined ? [] : [stdin])]) closeSync(fd);
  }
}

/** Reads a pipe that does not block. It closes the pipe. */
export const readerOf = (fd: number): Socket => new Socket({ fd, readable: true, writable: false });

export const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));

/** Resolves once it has started.
 *  @throws what the system says where it does not. */
export const pidOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid as number));
    child.once('error', reject);
  });

function reasonOf({ code, message }: NodeJS.ErrnoException, { path }: Command): string {
  switch (code) {
    case 'ENOENT':
      return `'${path}' does not exist, or the program that its first line names`;
    case 'EACCES':
      return `'${path}' is not executable`;
    case 'ENOEXEC':
      return `'${path}' is no program of this system`;
    default:
      return `'${path}' could not be started: ${message}`;
  }
}
