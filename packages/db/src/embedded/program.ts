import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';

/** Everything the programs inherit: nothing of ours (PGPORT, PGOPTIONS, LANG ... would change what they do). */
const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Starts a program of PostgreSQL under the account, in a session of its own: Ctrl-C in our terminal does not reach it. Its
 *  output goes to `logFile`, a file descriptor.
 *  The process is PostgreSQL's own: `unshare` becomes it. */
export function startProgram(
  binaries: Binaries,
  account: Account,
  name: 'initdb' | 'postgres',
  args: readonly string[],
  logFile: number,
): ChildProcess {
  const program = path.join(binaries.folder, 'bin', name);
  const [file, before] =
    account.kind === 'namespace' ? [account.command.file, [...account.command.args, program]] : [program, []];
  return spawn(file, [...before, ...args], {
    cwd: '/',
    env: environment,
    detached: true,
    stdio: ['ignore', logFile, logFile],
    ...(account.kind === 'nobody' ? { uid: account.uid, gid: account.gid } : {}),
  });
}

/** How a child ended: its exit code or signal, or why it could not start. */
export const ending = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code === null ? `signal ${signal ?? '?'}` : `exit code ${code}`));
  });
