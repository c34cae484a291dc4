import { randomUUID } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file without a name: what is written to one end is read from the other, which a process can be given as standard input. It has no
 *  writer as a pipe has, so nothing can wait for anything: not a process that writes before it reads, and not us for one that never
 *  reads. It can be opened again as /dev/stdin, which a socket, Node's own choice, cannot. */
export interface Input {
  readFd: number;
  writeFd: number;
}

/** Where files live in memory, so that what is secret in the input does not reach a disk. */
const memoryFolder = '/dev/shm';

/** Opens a file with this content for reading. Whoever asked closes it.
 *  @param folder Where it lies, under no name, if it cannot lie in memory. */
export function openInput(content: string | undefined, folder: string): number {
  if (content === undefined) return openSync('/dev/null', 'r');
  try {
    return filled(makeInput(memoryFolder), content);
  } catch {
    return filled(makeInput(folder), content); // there is no such memory, or it is full
  }
}

/** Opens a file that is filled later. */
export function openLaterInput(folder: string): Input {
  try {
    return makeInput(memoryFolder);
  } catch {
    return makeInput(folder);
  }
}

function makeInput(folder: string): Input {
  const path = join(folder, `attune-${randomUUID()}`);
  const writeFd = openSync(path, 'wx', 0o400);
  try {
    return { readFd: openSync(path, 'r'), writeFd }; // the reader's position is its own
  } catch (error) {
    closeSync(writeFd);
    throw error;
  } finally {
    unlinkSync(path);
  }
}

function filled({ readFd, writeFd }: Input, content: string): number {
  try {
    writeFileSync(writeFd, content);
    return readFd;
  } catch (error) {
    closeSync(readFd);
    throw error;
  } finally {
    closeSync(writeFd);
  }
}
