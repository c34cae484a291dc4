import { AttuneError, formatProblem } from '@attune/core';
import { CommanderError } from 'commander';
import { exits, StoppedWaiting } from './exit.ts';
import { paintFor } from './output/paint.ts';
import { safeText } from './output/safe-text.ts';
import { writeLine } from './output/write.ts';
import type { Terminal } from './terminal.ts';

/** Says on standard error what went wrong, with the place of each problem, and answers with the exit code. */
export async function report(terminal: Terminal, error: unknown, isVerbose: boolean): Promise<number> {
  // commander has said it already; its own exit code is 1 for everything that is not help
  if (error instanceof CommanderError) return error.exitCode === 0 ? exits.done : exits.usage;
  if (error instanceof StoppedWaiting) {
    await writeLine(terminal.stderr, error.message);
    return error.exit;
  }
  if (terminal.interrupted.aborted) return exits.interrupted;
  const paint = paintFor(terminal.stderr, terminal.env);
  const known = error instanceof AttuneError ? error : undefined;
  const message = known?.message ?? (error instanceof Error ? error.message : String(error));
  const lines = [`${paint.red('error:')} ${safeText(message)}`];
  for (const problem of known?.details ?? []) lines.push(`  ${safeText(formatProblem(problem))}`);
  const advice = known === undefined ? undefined : advices[known.code];
  if (advice !== undefined) lines.push(paint.dim(advice));
  if (isVerbose && error instanceof Error) lines.push(paint.dim(causesOf(error)));
  await writeLine(terminal.stderr, lines.join('\n'));
  return known?.exit ?? 70;
}

/** How to go on, where the message alone does not say it. */
const advices: Partial<Record<AttuneError['code'], string>> = {
  unauthorized: "Log in with 'npx attune auth login', or set ATTUNE_API_TOKEN.",
  token_expired: "Log in again with 'npx attune auth login'.",
  forbidden: "'npx attune auth whoami' shows who you are and what you may do.",
};

function causesOf(error: Error): string {
  const texts: string[] = [];
  for (let one: unknown = error; one instanceof Error; one = one.cause) texts.push(one.stack ?? one.message);
  return texts.join('\ncaused by ');
}
