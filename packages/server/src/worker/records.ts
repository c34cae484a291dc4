import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { startOf } from './processes.ts';

/** What is on record about a process, so that a later life of the worker finds it and nothing else. */
export interface ProcessRecord {
  /** In the environment of the process and of all it started. */
  token: string;
  /** Null until it has started. */
  pid: number | null;
  /** When it started: with the id it names one process for all time. */
  start: string | null;
}

/** One process on record. */
export interface OnRecord {
  spawned(pid: number): void;
  /** Nothing of it is left. */
  forget(): void;
}

export interface Records {
  /** Puts a process on record before it starts: the worker may be killed at any moment. */
  add(token: string): OnRecord;
  /** Removes the files; nothing may be on record any more. */
  close(): void;
}

/** Files of records in a worker's folder. */
export const recordName = /^(attempt-\d+|runner-\d+|\d+-\d+)\.json$/;

/** Bytes of a record: each is written over the last one at once, so that there is always a whole one. */
const size = 256;

/** Keeps records in files that are used again: on a busy disk, making and removing a file takes longer than some actions.
 *  @param kind First word of the files' names. */
export function openRecords(folder: string, kind: 'attempt' | 'runner'): Records {
  const free: { fd: number; path: string }[] = [];
  let made = 0;
  const make = () => {
    made += 1;
    const path = join(folder, `${kind}-${made}.json`);
    return { fd: openSync(path, 'w', 0o600), path };
  };
  return {
    add(token) {
      const file = free.pop() ?? make();
      const write = (record: ProcessRecord | null) => writeSync(file.fd, JSON.stringify(record).padEnd(size), 0);
      write({ token, pid: null, start: null });
      return {
        spawned: (pid) => void write({ token, pid, start: startOf(pid) ?? null }),
        forget() {
          write(null);
          free.push(file);
        },
      };
    },
    close() {
      for (const { fd, path } of free.splice(0)) {
        closeSync(fd);
        rmSync(path, { force: true });
      }
    },
  };
}
