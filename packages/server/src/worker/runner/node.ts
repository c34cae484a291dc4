import type { Interpreter } from '../interpreters.ts';
import type { Program } from '../spawn.ts';
import { runnerScript } from './helper.ts';
import { openPrestarted, type Prestarted, type PrestartedOptions } from './prestarted.ts';
import { environmentTexts, padding, room, sizeOf } from './room.ts';

export interface NodeProgram extends Program {
  /** The JavaScript file. */
  script: string;
}

/** Keeps Node processes that wait: see runners/prestarted.cjs. */
export function openWaitingNode({
  nodejs,
  ...options
}: PrestartedOptions & { nodejs: Interpreter }): Prestarted<NodeProgram> {
  const roomOfEnvironment = room + sizeOf(environmentTexts(options.baseEnvironment));
  return openPrestarted(
    {
      command: { path: nodejs.path, args: [...nodejs.args, runnerScript('prestarted.cjs'), padding] },
      env: { ATTUNE_ROOM: padding },
      hasFile: false,
      fits: ({ command, env }) =>
        sizeOf([command.path, ...command.args]) <= room && sizeOf(environmentTexts(env)) <= roomOfEnvironment,
      orders: ({ script, cwd, env }) => ({ line: JSON.stringify({ script, cwd, env }) }),
    },
    options,
  );
}
