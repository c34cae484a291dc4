import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { commandLineOf, markOf } from './process-mark.ts';

/** What a server writes about itself into `postmaster.pid`. */
export interface Postmaster {
  pid: number;
  port: number;
  /** True once it takes connections. */
  ready: boolean;
}

/** The living server of a data folder, whoever started it; undefined where there is none. */
export async function livingPostmaster(data: string): Promise<Postmaster | undefined> {
  const postmaster = await recorded(data);
  return postmaster !== undefined && serves(postmaster.pid, data) ? postmaster : undefined;
}

/** Removes a `postmaster.pid` whose pid now belongs to some other process: PostgreSQL sees only that the pid lives, and would
 *  refuse to start for ever (seen after a container's restart, where pids repeat). Two servers still cannot meet: PostgreSQL
 *  also keys a shared memory block to the data folder. */
export async function forgetStranger(data: string): Promise<void> {
  const postmaster = await recorded(data);
  if (postmaster !== undefined && exists(postmaster.pid) && !serves(postmaster.pid, data)) {
    await rm(path.join(data, 'postmaster.pid'), { force: true });
  }
}

async function recorded(data: string): Promise<Postmaster | undefined> {
  let lines: string[];
  try {
    lines = (await readFile(path.join(data, 'postmaster.pid'), 'utf8')).split('\n');
  } catch {
    return undefined;
  }
  // line 1 the pid, 4 the port, 8 the state; lines are added as the server comes up
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), ready: lines[7]?.trim() === 'ready' };
}

const serves = (pid: number, data: string): boolean => markOf(pid) !== undefined && commandLineOf(pid).includes(data);

/** Also true for a zombie, as for PostgreSQL itself. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
