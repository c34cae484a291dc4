import { runProgram } from './program.ts';
import { ownTerminal } from './terminal.ts';

/** The command `attune`. Resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  // a reader that has seen enough (`attune event list | head -1`) closes the pipe: not an error of ours
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const interruption = new AbortController();
  // the first Ctrl-C ends a wait in good order, the second ends the process
  process.once('SIGINT', () => interruption.abort());
  return runProgram(ownTerminal(interruption.signal), args);
}
