import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Only Linux tells about other processes in files; elsewhere what left its process group is not found. */
const hasProc = existsSync('/proc/self/stat');

/** The variables whose values mark every process of one attempt, and every process that a helper of the worker started. */
const tokenVariables = ['ATTUNE_ATTEMPT_TOKEN=', 'ATTUNE_RUNNER_TOKEN='];

/** Sends a signal to a process, or with a negative id to a group. What is already gone is no error.
 *  @returns whether anything was there. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    return code === 'EPERM';
  }
}

/** Whether a living process belongs to the group. Zombies do not count: where nobody reaps orphans they stay for ever. */
export function groupIsAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  if (!hasProc) return true;
  return processIds().some((pid) => {
    const stat = statOf(pid);
    return stat?.group === group && !stat.isZombie;
  });
}

/** The living processes, other than this one, that carry one of the tokens in their environment: also those that left their group
 *  or lost their parent. */
export function processesWithToken(tokens: ReadonlySet<string>): number[] {
  if (!hasProc || tokens.size === 0) return [];
  return processIds().filter((pid) => pid !== process.pid && tokensOf(pid).some((token) => tokens.has(token)));
}

/** When a process started, in the system's own terms: with the id it names one process for all time. Undefined where there is no
 *  such process. */
export function startOf(pid: number): string | undefined {
  if (hasProc) {
    const stat = statOf(pid);
    // ticks count from the boot, so the boot is part of the name
    return stat === undefined || stat.isZombie ? undefined : `${bootId()}/${stat.startTicks}`;
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The process group of a process; undefined where there is no such process, or nobody tells. */
export const groupOf = (pid: number): number | undefined => (hasProc ? statOf(pid)?.group : undefined);

interface Stat {
  isZombie: boolean;
  group: number;
  startTicks: string;
}

/** proc(5): `pid (name) state ppid pgrp ... starttime`, fields 3, 5 and 22. The name may hold anything, also ') '. */
function statOf(pid: number): Stat | undefined {
  const text = readIfThere(`/proc/${pid}/stat`)?.toString('latin1');
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, group, startTicks] = [fields?.[0], fields?.[2], fields?.[19]];
  if (state === undefined || group === undefined || startTicks === undefined) return undefined;
  return { isZombie: state === 'Z' || state === 'X', group: Number(group), startTicks };
}

function tokensOf(pid: number): string[] {
  const environment = readIfThere(`/proc/${pid}/environ`);
  if (environment === undefined || !tokenVariables.some((name) => environment.includes(name))) return [];
  return environment
    .toString('latin1')
    .split('\0')
    .flatMap((entry) => tokenVariables.flatMap((name) => (entry.startsWith(name) ? [entry.slice(name.length)] : [])));
}

const processIds = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();

/** Undefined where the process has ended or belongs to somebody else. */
function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
