import type { Command } from 'commander';
import { wholeNumber } from './number.ts';

/** Rows that a list shows unless more are asked for. */
const defaultLimit = 50;

export interface ListOptions {
  limit: number;
}

/** What every list takes. */
export const withLimit = (command: Command): Command =>
  command.option('-n, --limit <rows>', 'most rows to show, newest first', wholeNumber(1), defaultLimit);
