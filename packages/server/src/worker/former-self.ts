import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { groupIsAlive, processesWithToken, startOf } from './processes.ts';
import { recordName, type ProcessRecord } from './records.ts';
import { killGroup, killStrays } from './stop.ts';

/** Milliseconds that killed processes have to be gone. */
const goneMs = 10_000;

/** Ends by force every process that a former life of the worker left running: those on record that are still the same process, with
 *  their groups, and all that carry a recorded token.
 *  @returns how many attempts were on record; those that served them are not counted. */
export async function endFormerSelf(folder: string): Promise<number> {
  const names = readdirSync(folder).filter((name) => recordName.test(name));
  const records = names.flatMap((name) => {
    const record = readRecord(join(folder, name));
    return record === undefined ? [] : [{ ...record, isAttempt: !name.startsWith('runner-') }];
  });
  const isSame = ({ pid, start }: ProcessRecord) => pid !== null && start !== null && startOf(pid) === start;
  const groups = records.filter(isSame).flatMap(({ pid }) => pid ?? []);
  const tokens = new Set(records.map(({ token }) => token));
  for (const group of groups) killGroup(group);
  killStrays(tokens);
  await untilGone(() => groups.some(groupIsAlive) || processesWithToken(tokens).length > 0);
  for (const name of names) rmSync(join(folder, name), { force: true });
  return records.filter(({ isAttempt }) => isAttempt).length;
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
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProcessRecord> | null;
    if (value === null) return undefined; // a file that waits for its next process
    return { token: value.token ?? '', pid: value.pid ?? null, start: value.start ?? null };
  } catch {
    return undefined;
  }
}

async function untilGone(isLeft: () => boolean): Promise<void> {
  const deadline = performance.now() + goneMs;
  for (let ms = 5; performance.now() < deadline && isLeft(); ms = Math.min(ms * 2, 200)) await pause(ms);
}
