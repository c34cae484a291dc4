import { setTimeout as pause } from 'node:timers/promises';
import { groupIsAlive, groupOf, processesWithToken, signalProcess } from './processes.ts';

export interface Stoppable {
  /** The main process, which leads a group of its own. */
  pid: number;
  token: string;
  /** The main process has ended. */
  exited: Promise<unknown>;
}

/** Milliseconds between two looks at what is left: there is no event for the end of processes that are not ours. */
const lookMs = { first: 10, most: 200 };

/** Rounds of SIGKILL for processes that left the group: each may have made one more before it died. */
const rounds = 10;

/** Asks all processes of an attempt to end, and ends by force what is left after the grace: SIGTERM, then SIGKILL, to the group and
 *  to those that left it. */
export async function stopProcesses(attempt: Stoppable, graceSeconds: number): Promise<void> {
  const escaped = askToEnd(attempt);
  await untilGone(attempt, escaped > 0, graceSeconds);
  await endProcesses(attempt);
  await attempt.exited;
}

/** Asks all processes of an attempt to end.
 *  @returns how many had left the group. */
export function askToEnd(attempt: Pick<Stoppable, 'pid' | 'token'>): number {
  const escaped = strays(attempt);
  signalProcess(-attempt.pid, 'SIGTERM');
  for (const pid of escaped) signalProcess(pid, 'SIGTERM');
  return escaped.length;
}

/** Ends all processes of an attempt by force. */
export function killProcesses(attempt: Pick<Stoppable, 'pid' | 'token'>): void {
  killGroup(attempt.pid);
  killStrays(new Set([attempt.token]));
}

/** Ends by force what is left of the group.
 *  @returns whether there was something. */
export const killGroup = (pid: number): boolean => signalProcess(-pid, 'SIGKILL');

/** Ends by force what is left of the group, and waits until it is gone. */
export async function endGroup(pid: number): Promise<void> {
  if (killGroup(pid)) await untilDead(() => groupIsAlive(pid));
}

/** Ends by force what is left of an attempt, and waits until it is gone: another may follow. */
export async function endProcesses(attempt: Pick<Stoppable, 'pid' | 'token'>): Promise<void> {
  await endGroup(attempt.pid);
  const tokens = new Set([attempt.token]);
  if (killStrays(tokens) > 0) await untilDead(() => processesWithToken(tokens).length > 0);
}

/** What was killed is gone as soon as it has run again; a process that waits for a broken disk is waited for no longer than this. */
const deadMs = 1_000;

async function untilDead(isLeft: () => boolean): Promise<void> {
  const deadline = performance.now() + deadMs;
  for (let ms = 1; performance.now() < deadline && isLeft(); ms = Math.min(ms * 2, 50)) await pause(ms);
}

/** Ends by force every process that carries one of the tokens.
 *  @returns how many there were. */
export function killStrays(tokens: ReadonlySet<string>): number {
  const killed = new Set<number>();
  for (let round = 0; round < rounds; round += 1) {
    const found = processesWithToken(tokens);
    if (found.length === 0) break;
    for (const pid of found) {
      signalProcess(pid, 'SIGKILL');
      killed.add(pid);
    }
  }
  return killed.size;
}

/** Those that left the group. The group itself is signalled once, as a whole: a second SIGTERM may find a process that is ending already. */
const strays = ({ pid: group, token }: Pick<Stoppable, 'pid' | 'token'>): number[] =>
  processesWithToken(new Set([token])).filter((pid) => groupOf(pid) !== group);

async function untilGone(attempt: Stoppable, hasStrays: boolean, graceSeconds: number): Promise<void> {
  const graceMs = graceSeconds * 1000;
  const deadline = performance.now() + graceMs;
  await Promise.race([attempt.exited, pause(graceMs, undefined, { ref: false })]);
  const isLeft = () => groupIsAlive(attempt.pid) || (hasStrays && strays(attempt).length > 0);
  for (let ms = lookMs.first; performance.now() < deadline && isLeft(); ms = Math.min(ms * 2, lookMs.most)) {
    await pause(Math.min(ms, Math.max(0, deadline - performance.now())));
  }
}
