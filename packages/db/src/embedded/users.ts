import { AttuneError } from '@attune/core';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, markOf, type ProcessMark } from './process-mark.ts';

// Who uses the server, as files that name processes: the last to leave stops it. No lock that a dead process could hold: who
// comes writes its `user` file and then waits for living `stopping` files to go; who leaves writes a `stopping` file and then
// looks for living `user` files. Each writes before it reads, so of a comer and a leaver at least one sees the other.

const patienceMs = 60_000;

export interface User {
  /** Leaves; `stop` is called, and waited for, if nobody else is left. */
  leave(stop: () => Promise<void>): Promise<void>;
}

/** Registers this process. Returns once nobody is about to stop the server. */
export async function join(folder: string): Promise<User> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const user = await write(folder, 'user');
  const deadline = Date.now() + patienceMs;
  let stopping: ProcessMark | undefined;
  while ((stopping = (await living(folder, 'stopping'))[0]) !== undefined) {
    if (Date.now() > deadline) {
      await rm(user, { force: true });
      throw new AttuneError(
        'unavailable',
        `Process ${stopping.pid} has been stopping the embedded PostgreSQL for ${patienceMs / 1000} s. End it, then start again.`,
      );
    }
    await sleep(20);
  }
  return { leave: (stop) => leave(folder, user, stop) };
}

async function leave(folder: string, user: string, stop: () => Promise<void>): Promise<void> {
  const stopping = await write(folder, 'stopping');
  try {
    await rm(user, { force: true });
    if ((await living(folder, 'user')).length === 0) await stop();
  } finally {
    await rm(stopping, { force: true });
  }
}

async function write(folder: string, kind: 'user' | 'stopping'): Promise<string> {
  const name = randomUUID();
  const file = path.join(folder, `${kind}-${name}`);
  const whole = path.join(folder, `new-${name}`);
  await writeFile(whole, JSON.stringify(markOf(process.pid)), { mode: 0o600 });
  await rename(whole, file); // readers see a whole file or none
  return file;
}

/** The living processes of one kind; files of dead ones are removed. */
async function living(folder: string, kind: 'user' | 'stopping'): Promise<ProcessMark[]> {
  const found: ProcessMark[] = [];
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${kind}-`)) continue;
    const file = path.join(folder, name);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue; // removed meanwhile
    const mark = JSON.parse(text) as ProcessMark;
    if (isAlive(mark)) found.push(mark);
    else await rm(file, { force: true });
  }
  return found;
}
