import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Terminal } from './terminal.ts';

const program = fileURLToPath(new URL('../../server/bin/attune-server.mjs', import.meta.url));

/** Runs the server's own command in a process of its own, with our streams: this command never touches a database.
 *  Resolves with its exit code; a signal that ends it counts as 128 and its number, as in a shell. */
export function runServerBinary(terminal: Terminal, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: 'inherit',
      env: terminal.env,
      cwd: terminal.folder,
    });
    const pass = (signal: NodeJS.Signals) => void child.kill(signal);
    process.on('SIGTERM', pass);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGTERM', pass);
      resolve(code ?? 128 + signalNumber(signal));
    });
  });
}

const signalNumber = (signal: NodeJS.Signals | null): number => (signal === null ? 0 : constants.signals[signal]);
