import type { RunnerType } from '@attune/core';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import type { Attempt } from '../attempt.ts';
import { openFolders, type Folders } from '../folder.ts';
import type { Interpreters } from '../interpreters.ts';
import type { Pipes } from '../pipes.ts';
import { openRecords, type Records } from '../records.ts';
import { spawnProgram, type Program, type Spawned } from '../spawn.ts';
import { openWaitingNode, type NodeProgram } from './node.ts';
import type { Prestarted } from './prestarted.ts';
import { openPythonForks } from './python.ts';
import { openWaitingShells } from './shell.ts';
import { runnerBook, type RunnerStats } from './stats.ts';
import { openWarm, type Lent, type WarmLimits } from './warm.ts';

export type { RunnerStats } from './stats.ts';

export interface RunnersOptions {
  interpreters: Interpreters;
  pipes: Pipes;
  baseEnvironment: Readonly<Record<string, string>>;
  /** Where processes are put on record for the worker's next life. */
  folder: string;
  /** Existing folder, private to the worker, in which attempts have theirs. */
  scratch: string;
  /** Whether Python actions are forked, and processes for Node and shell actions started before they are needed. */
  prestart: boolean;
  warm: WarmLimits;
}

/** The ways in which a worker starts actions, and the processes it keeps for that. */
export interface Runners {
  folders: Folders;
  /** Attempts that are processes of their own. */
  records: Records;
  /** Starts an action as a process of its own: as a fork, as a process that waits for it, or else as a new one. All are alike to the
   *  action; docs/packs.md names what differs.
   *  @throws CannotStart where it does not start. */
  start(attempt: Attempt, program: Program, token: string): Promise<Spawned>;
  /** Lends a process that calls the action's function.
   *  @throws CannotStart where there is none and none starts. */
  borrow(attempt: Attempt): Promise<Lent>;
  stats(): RunnerStats;
  /** Ends all that is kept, after the attempts have ended. */
  close(): Promise<void>;
}

export function openRunners(options: RunnersOptions): Runners {
  const { interpreters, pipes, folder } = options;
  const home = join(folder, 'home');
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { mode: 0o700, recursive: true });
  const book = runnerBook();
  const folders = openFolders(options.scratch);
  const records = openRecords(folder, 'attempt');
  const ofRunners = openRecords(folder, 'runner');
  const shared = { ...options, home, book, folders, records: ofRunners };
  const { python, nodejs, shells } = interpreters;
  const sh = shells.get('dash') ?? shells.get('sh'); // bash would count itself in SHLVL, and takes longer to start
  const canFork = options.prestart && process.platform === 'linux' && python !== undefined;
  const forks = canFork ? openPythonForks({ ...shared, python }) : undefined;
  const waiting = new Map<RunnerType, Prestarted<NodeProgram>>();
  if (options.prestart) waiting.set('nodejs', openWaitingNode({ ...shared, nodejs }));
  if (options.prestart && sh !== undefined && existsSync('/dev/fd'))
    waiting.set('shell', openWaitingShells({ ...shared, sh }));
  const warm = openWarm({ ...shared, limits: options.warm });

  return {
    folders,
    records,
    async start({ action }, program, token) {
      const script = program.command.args.at(-1) ?? '';
      if (action.runner_type === 'python') {
        const forked = await forks?.start({ ...program, script, token });
        if (forked !== undefined) {
          book.attempts.forked += 1;
          return forked;
        }
      }
      const started = waiting.get(action.runner_type)?.start({ ...program, script });
      if (started !== undefined) {
        book.attempts.prestarted += 1;
        return started;
      }
      book.attempts.cold += 1;
      return spawnProgram(program, pipes);
    },
    borrow: (attempt) => warm.borrow(attempt),
    stats() {
      let prestarted = 0;
      for (const one of waiting.values()) prestarted += one.idle();
      return book.stats({ forker: forks?.idle() ?? 0, prestarted, warm: warm.idle() });
    },
    async close() {
      await Promise.all([forks?.close(), ...[...waiting.values()].map((one) => one.close()), warm.close()]);
      await folders.close();
      for (const one of [records, ofRunners]) one.close();
    },
  };
}

/** The limits as the configuration has them. */
export const warmLimits = (config: Config['workerWarm']): WarmLimits => ({
  uses: config.uses,
  memory: config.memoryMb * 1024 * 1024,
  ageMs: config.ageSeconds * 1_000,
  idleMs: config.idleSeconds * 1_000,
  kept: config.kept,
});
