import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { AttuneError } from '@attune/core';

/** Longest that another command may hold the lock, in milliseconds: a refresh is one HTTP request. */
const patienceMs = 15_000;

/** Holds a file as a lock while `body` runs; a lock whose holder is dead is taken over.
 *  @throws AttuneError conflict where a living process keeps it for too long. */
export async function withLock<T>(path: string, body: () => Promise<T>): Promise<T> {
  await take(path);
  try {
    return await body();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isForsaken(path)) await rm(path, { force: true });
    else if (performance.now() > deadline) {
      throw new AttuneError('conflict', `Another command holds ${path}; remove that file if none runs`);
    } else await pause(20);
  }
}

async function isForsaken(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
