import type { Command } from 'commander';
import { seconds } from './number.ts';

export interface WaitOptions {
  wait?: true;
  watch?: true;
  /** Longest to wait, in seconds; without it as long as it takes. */
  timeout?: number;
}

/** What every command takes that can wait for an execution. */
export const withWaiting = (command: Command): Command =>
  command
    .option('-w, --wait', 'wait until it has ended; exit code 0 only if it completed')
    .option('--watch', 'wait, and show tasks and logs meanwhile')
    .option('--timeout <seconds>', 'longest to wait; exit code 124 when it is over', seconds);
