import { mkdirSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptFolders } from './environment.ts';

export interface AttemptFolder extends AttemptFolders {
  /** Holds the others; for what the attempt may see and need not know. */
  path: string;
  remove(): Promise<void>;
}

/** Makes the folder that one attempt has to itself, with mode 0700. At once: a folder takes 0.03 ms to make, and ten times that to wait
 *  for, and most attempts put nothing in it. */
export async function makeAttemptFolder(scratch: string, name: string): Promise<AttemptFolder> {
  const path = join(scratch, name);
  const folders = { home: join(path, 'home'), temporary: join(path, 'tmp') };
  const all = [path, folders.home, folders.temporary];
  const make = () => all.forEach((folder) => mkdirSync(folder, { mode: 0o700 }));
  try {
    make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await removeFolder(path); // what a former attempt of that name left, if the worker was killed
    make();
  }
  const remove = async () => {
    try {
      for (const folder of all.toReversed()) rmdirSync(folder);
    } catch {
      await removeFolder(path); // the attempt left something in it
    }
  };
  return { path, ...folders, remove };
}

/** Processes that were just killed may still have been making files: then it takes another try. */
const removeFolder = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
