import type { ExecutionStatus } from '@attune/core';

/** Exit codes beside those of core's error catalogue. */
export const exits = {
  /** Everything done; where an execution was awaited, it completed. */
  done: 0,
  /** The awaited execution ended without completing. */
  notCompleted: 1,
  /** What was checked has errors. */
  unsound: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Waiting took longer than `--timeout` allows; the execution goes on. As in timeout(1). */
  waitedTooLong: 124,
  /** Ctrl-C; an execution that was awaited goes on. */
  interrupted: 130,
} as const;

/** What an awaited execution means for the exit code. */
export const exitOf = (status: ExecutionStatus): number => (status === 'completed' ? exits.done : exits.notCompleted);

/** The wait is over before what was awaited is. */
export class StoppedWaiting extends Error {
  readonly exit: number;

  constructor(message: string, exit: number) {
    super(message);
    this.name = 'StoppedWaiting';
    this.exit = exit;
  }
}
