import { AttuneError } from '@attune/core';
import { holdWorkerName, type HeldName } from '@attune/db';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { disown, hasLived, own, ownerOf } from './former-self.ts';

export interface WorkerName {
  name: string;
  /** What the worker keeps on this host under its name. */
  folder: string;
  /** Whether the name is this worker's now; it is not while the database is away. */
  isHeld(): boolean;
  /** Takes it again if it was lost.
   *  @returns whether it was taken just now. */
  holdAgain(): Promise<boolean>;
  release(): Promise<void>;
}

/** Milliseconds for which a name is waited for that a process held which has just died: the database may not know yet. */
const patienceMs = 10_000;

/** Most workers on one host. */
const mostNumbers = 1_000;

/** Takes the worker's name: the configured one, else the host's with the lowest free number, so that a worker that starts again finds
 *  what its former self left.
 *  @throws AttuneError configuration where a configured name is in use, or cannot be a name. */
export async function takeName(url: string, home: string, configured: string | undefined): Promise<WorkerName> {
  if (configured !== undefined) {
    if (!isName(configured)) {
      const expected = 'expected up to 100 letters, digits, dots, dashes and underscores, a letter or digit first';
      throw new AttuneError('configuration', `ATTUNE_WORKER_NAME is '${configured}'; ${expected}`);
    }
    const taken = await tryName(url, home, configured, 'wait');
    if (taken !== undefined) return taken;
    throw new AttuneError('configuration', `Another worker runs under the name '${configured}'`);
  }
  const host = hostname()
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 80);
  for (let number = 1; number <= mostNumbers; number += 1) {
    const taken = await tryName(url, home, `${isName(host) ? host : 'worker'}-${number}`, 'wait for a former self');
    if (taken !== undefined) return taken;
  }
  throw new AttuneError('configuration', `All ${mostNumbers} worker names of this host are in use`);
}

const isName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name);

async function tryName(
  url: string,
  home: string,
  name: string,
  patience: 'wait' | 'wait for a former self',
): Promise<WorkerName | undefined> {
  const folder = join(home, 'worker', name);
  // The lock alone would not do: it is free while the database restarts, and the processes of a living worker must not be ended.
  if (ownerOf(folder) !== undefined) return undefined;
  const waits = patience === 'wait' || hasLived(folder);
  const deadline = performance.now() + (waits ? patienceMs : 0);
  let held = await holdWorkerName(url, name);
  while (held === undefined && performance.now() < deadline) {
    await pause(50);
    held = await holdWorkerName(url, name);
  }
  if (held === undefined) return undefined;
  if (ownerOf(folder) !== undefined) {
    await held.release();
    return undefined;
  }
  own(folder);
  return nameOf(url, folder, held);
}

function nameOf(url: string, folder: string, first: HeldName): WorkerName {
  const { name } = first;
  let held: HeldName | undefined;
  const hold = (next: HeldName) => {
    held = next;
    void next.lost.then(() => (held = undefined));
  };
  hold(first);
  return {
    name,
    folder,
    isHeld: () => held !== undefined,
    async holdAgain() {
      if (held !== undefined) return false;
      const next = await holdWorkerName(url, name);
      if (next !== undefined) hold(next);
      return next !== undefined;
    },
    async release() {
      disown(folder);
      await held?.release();
    },
  };
}
