import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { CannotStart, type Command } from './command.ts';
import type { Pipes } from './pipes.ts';

export interface Exit {
  /** Null where a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Spawned {
  /** Also the id of its process group. */
  pid: number;
  stdout: Readable;
  stderr: Readable;
  exited: Promise<Exit>;
}

export interface SpawnOptions {
  command: Command;
  cwd: string;
  env: Record<string, string>;
  /** The whole of standard input; undefined: it is empty. */
  input: string | undefined;
  /** Where input may be put, under no name. */
  folder: string;
  pipes: Pipes;
}

/** Starts a program in a process group of its own.
 *  @throws CannotStart where the system refuses to. */
export async function spawnProgram({ command, cwd, env, input, folder, pipes }: SpawnOptions): Promise<Spawned> {
  const [out, err] = [await pipes.take(), await pipes.take()];
  const stdin = input === undefined ? undefined : await namelessFile(Buffer.from(input), folder);
  const stdout = new Socket({ fd: out.readFd, readable: true, writable: false });
  const stderr = new Socket({ fd: err.readFd, readable: true, writable: false });
  try {
    const child = spawn(command.path, command.args, {
      cwd,
      env,
      detached: true,
      stdio: [stdin?.fd ?? 'ignore', out.writeFd, err.writeFd],
    });
    const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('spawn', () => resolve(child.pid as number));
      child.once('error', reject);
    });
    return { pid, stdout, stderr, exited };
  } catch (error) {
    stdout.destroy();
    stderr.destroy();
    throw new CannotStart(reasonOf(error as NodeJS.ErrnoException, command));
  } finally {
    // only the child may hold the writing ends, or its streams would never end
    closeSync(out.writeFd);
    closeSync(err.writeFd);
    await stdin?.close();
  }
}

/** Where files live in memory, so that what is secret in the input does not reach a disk. */
const memoryFolder = '/dev/shm';

/** An open file with this content and without a name. As standard input it has no writer, so nothing can wait for anything: not a
 *  child that writes before it reads, and not us for one that never reads. It can be opened again as /dev/stdin, which a socket,
 *  Node's own choice, cannot. */
async function namelessFile(content: Buffer, folder: string): Promise<FileHandle> {
  try {
    return await makeNameless(content, memoryFolder);
  } catch {
    return makeNameless(content, folder); // there is none, or it is full
  }
}

async function makeNameless(content: Buffer, folder: string): Promise<FileHandle> {
  const path = join(folder, `attune-${randomUUID()}`);
  const writer = await open(path, 'wx', 0o400);
  let reader: FileHandle | undefined;
  try {
    reader = await open(path, 'r'); // before the content: the reader's position is its own
    await unlink(path);
    await writer.writeFile(content);
    return reader;
  } catch (error) {
    await reader?.close();
    throw error;
  } finally {
    await writer.close();
  }
}

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
