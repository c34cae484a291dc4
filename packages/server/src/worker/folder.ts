import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptFolders } from './environment.ts';

export interface AttemptFolder extends AttemptFolders {
  /** Holds the others; for what the attempt may see and need not know. */
  path: string;
  remove(): Promise<void>;
}

/** Makes the folder that one attempt has to itself, with mode 0700. */
export async function makeAttemptFolder(scratch: string, name: string): Promise<AttemptFolder> {
  const path = join(scratch, name);
  await removeFolder(path); // what a former attempt of that name left, if the worker was killed
  const folders = { home: join(path, 'home'), temporary: join(path, 'tmp') };
  for (const folder of [path, folders.home, folders.temporary]) await mkdir(folder, { mode: 0o700 });
  return { path, ...folders, remove: () => removeFolder(path) };
}

/** Processes that were just killed may still have been making files: then it takes another try. */
const removeFolder = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
