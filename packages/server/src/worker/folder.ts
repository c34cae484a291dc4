import { randomUUID } from 'node:crypto';
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptFolders } from './environment.ts';

/** Folders that one attempt has to itself, with mode 0700. */
export interface AttemptFolder extends AttemptFolders {
  /** Holds the others; for what the attempt may see and need not know. */
  path: string;
}

export interface Folders {
  /** An empty one, that nobody else has had. */
  take(): Promise<AttemptFolder>;
  /** Removes it, after this returns. */
  giveBack(folder: AttemptFolder): void;
  /** Resolves when all that were given back are removed, and those that wait too. */
  close(): Promise<void>;
}

/** How many are made before they are needed. */
const ahead = 4;

/** Makes folders ahead and removes them afterwards: on a disk that is also asked to be safe, each takes milliseconds that no attempt
 *  need wait for.
 *  @param scratch Existing folder, private to the worker. */
export function openFolders(scratch: string): Folders {
  const ready: AttemptFolder[] = [];
  let isClosed = false;
  const busy = new Set<Promise<void>>();
  let coming = 0;

  const track = (deed: Promise<void>) => {
    const done = deed.finally(() => busy.delete(done));
    done.catch(() => undefined); // whoever takes one meets the same fault, and the worker's next life removes the rest
    busy.add(done);
  };

  const refill = () => {
    for (; !isClosed && ready.length + coming < ahead; coming += 1) {
      track(
        makeFolder(scratch)
          .then((folder) => void ready.push(folder))
          .finally(() => (coming -= 1)),
      );
    }
  };

  const giveBack = (folder: AttemptFolder) => track(remove(folder));

  return {
    giveBack,
    async take() {
      const folder = ready.pop() ?? (await makeFolder(scratch));
      setImmediate(refill); // after what is asked for now
      return folder;
    },
    async close() {
      isClosed = true;
      while (coming > 0) await Promise.allSettled(busy);
      for (const folder of ready.splice(0)) giveBack(folder);
      while (busy.size > 0) await Promise.allSettled(busy);
    },
  };
}

/** Most attempts leave nothing behind, and to look for it costs more than to find out. */
async function remove({ path, home, temporary }: AttemptFolder): Promise<void> {
  try {
    for (const folder of [home, temporary, path]) await rmdir(folder);
  } catch {
    // processes that were just killed may still have been making files: then it takes another try
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }
}

async function makeFolder(scratch: string): Promise<AttemptFolder> {
  const path = join(scratch, randomUUID());
  const folders = { home: join(path, 'home'), temporary: join(path, 'tmp') };
  for (const folder of [path, folders.home, folders.temporary]) await mkdir(folder, { mode: 0o700 });
  return { path, ...folders };
}
