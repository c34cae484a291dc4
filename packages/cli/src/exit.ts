/** Exit codes beside those of core's error catalogue. */
export const exits = {
  /** Everything done; where an execution was awaited, it completed. */
  done: 0,
  /** The awaited execution ended without completing. */
  notCompleted: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Waiting took longer than `--timeout` allows; the execution goes on. As in timeout(1). */
  waitedTooLong: 124,
  /** Ctrl-C while waiting; the execution goes on. */
  interrupted: 130,
} as const;
