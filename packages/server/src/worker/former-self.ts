import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { groupIsAlive, processesWithToken, startOf } from './processes.ts';
import { killGroup, killStrays } from './stop.ts';

/** What is on record about a process, so that a later life of the worker finds it and nothing else. */
interface ProcessRecord {
  /** In the environment of the process and of all it started. */
  token: string;
  /** Null until it has started. */
  pid: number | null;
  /** When it started: with the id it names one process for all time. */
  start: string | null;
}

export interface AttemptRecord {
  spawned(pid: number): void;
  /** Nothing of the attempt is left. */
  forget(): void;
}

const recordName = /^(\d+-\d+|runner-[0-9a-f-]+)\.json$/;

/** Milliseconds that killed processes have to be gone. */
const goneMs = 10_000;

/** Puts an attempt on record before anything of it starts. Written at once and whole: the worker may be killed at any moment. */
export const recordAttempt = (folder: string, name: string, token: string): AttemptRecord =>
  recordProcess(folder, name, token);

/** Puts a process on record that serves attempts, before it starts. */
export const recordRunner = (folder: string, token: string): AttemptRecord =>
  recordProcess(folder, `runner-${token}`, token);

function recordProcess(folder: string, name: string, token: string): AttemptRecord {
  const path = join(folder, `${name}.json`);
  const write = (record: ProcessRecord) => writeWhole(path, record);
  write({ token, pid: null, start: null });
  return {
    spawned: (pid) => write({ token, pid, start: startOf(pid) ?? null }),
    forget: () => rmSync(path, { force: true }),
  };
}

/** Ends by force every process that a former life of the worker left running: those on record that are still the same process, with
 *  their groups, and all that carry a recorded token.
 *  @returns how many attempts were on record; those that served them are not counted. */
export async function endFormerSelf(folder: string): Promise<number> {
  const names = readdirSync(folder).filter((name) => recordName.test(name));
  const records = names.flatMap((name) => readRecord(join(folder, name)) ?? []);
  const isSame = ({ pid, start }: ProcessRecord) => pid !== null && start !== null && startOf(pid) === start;
  const groups = records.filter(isSame).flatMap(({ pid }) => pid ?? []);
  const tokens = new Set(records.map(({ token }) => token));
  for (const group of groups) killGroup(group);
  killStrays(tokens);
  await untilGone(() => groups.some(groupIsAlive) || processesWithToken(tokens).length > 0);
  for (const name of names) rmSync(join(folder, name), { force: true });
  return names.filter((name) => !name.startsWith('runner-')).length;
}

/** Says which process the worker is; undefined where no living process is it. */
export function ownerOf(folder: string): number | undefined {
  const record = readRecord(join(folder, 'process.json'));
  return record?.pid != null && startOf(record.pid) === record.start ? record.pid : undefined;
}

/** Whether there was such a worker here before. */
export const hasLived = (folder: string): boolean => readRecord(join(folder, 'process.json')) !== undefined;

/** Takes a worker's folder for this process. It stays on record after the end, for the next life to know. */
export function own(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(join(folder, 'process.json'), { token: '', pid: process.pid, start: startOf(process.pid) ?? null });
}

/** The worker has ended and left nothing behind. */
export const disown = (folder: string): void => rmSync(join(folder, 'process.json'), { force: true });

function writeWhole(path: string, record: ProcessRecord): void {
  writeFileSync(`${path}.part`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.part`, path);
}

/** Undefined where there is none, or none of ours. */
function readRecord(path: string): ProcessRecord | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProcessRecord>;
    return { token: value.token ?? '', pid: value.pid ?? null, start: value.start ?? null };
  } catch {
    return undefined;
  }
}

async function untilGone(isLeft: () => boolean): Promise<void> {
  const deadline = performance.now() + goneMs;
  for (let ms = 5; performance.now() < deadline && isLeft(); ms = Math.min(ms * 2, 200)) await pause(ms);
}
