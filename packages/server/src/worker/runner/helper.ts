import { spawn, type StdioOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Command } from '../command.ts';
import type { Records } from '../records.ts';
import { exitOf, pidOf, type Exit } from '../spawn.ts';
import { killGroup, killStrays } from '../stop.ts';

/** A process of the worker's own, which serves attempts. It leads a group, is on record for the worker's next life, and ends by itself
 *  when its channel closes. */
export interface Helper {
  pid: number;
  /** In its environment, and in that of what it starts. */
  token: string;
  /** Descriptor 3 of the process. */
  channel: Duplex;
  exited: Promise<Exit>;
  hasExited(): boolean;
  /** Asks it to end, and ends it by force after the grace, with its group and whatever carries its token. */
  end(graceMs: number): Promise<void>;
}

export interface HelperOptions {
  command: Command;
  cwd: string;
  env: Record<string, string>;
  /** Descriptors 0 to 2. */
  stdio: [number | 'ignore', number | 'ignore', number | 'ignore'];
  /** Descriptor 4: a file, or one more channel that nobody uses and that tells of the worker's end. None unless given. */
  fourth?: number | 'lifeline' | undefined;
  records: Records;
}

/** The variable that marks a helper and what it starts, beside the mark of the attempt it works for. */
export const runnerTokenVariable = 'ATTUNE_RUNNER_TOKEN';

/** Starts one.
 *  @throws Error what the system says where it does not start. */
export async function startHelper({ command, cwd, env, stdio, fourth, records }: HelperOptions): Promise<Helper> {
  const token = randomUUID();
  const record = records.add(token);
  const more: StdioOptions = fourth === undefined ? [] : [fourth === 'lifeline' ? 'pipe' : fourth];
  try {
    const child = spawn(command.path, command.args, {
      cwd,
      env: { ...env, [runnerTokenVariable]: token },
      detached: true,
      stdio: [...stdio, 'pipe', ...more],
    });
    let isGone = false;
    const exited = exitOf(child);
    void exited.then(() => {
      isGone = true;
      record.forget();
    });
    const channel = child.stdio[3] as Duplex;
    for (const one of [channel, child.stdio[4]]) one?.on('error', () => undefined); // its end is told by `exited`
    const pid = await pidOf(child);
    record.spawned(pid);
    return {
      pid,
      token,
      channel,
      exited,
      hasExited: () => isGone,
      async end(graceMs) {
        channel.destroy();
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
        await Promise.race([exited, late]);
        clearTimeout(timer);
        killGroup(pid);
        killStrays(new Set([token]));
        child.stdio[4]?.destroy();
        await exited;
      },
    };
  } catch (error) {
    record.forget();
    throw error;
  }
}

/** A program of ours that runs inside an interpreter; beside `src` as beside `dist`. */
export const runnerScript = (name: string): string =>
  fileURLToPath(new URL(`../../../runners/${name}`, import.meta.url));
