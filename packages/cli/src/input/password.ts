import { AttuneError } from '@attune/core';
import { password, text } from '@clack/prompts';
import type { Terminal } from '../terminal.ts';
import { readAll } from './stdin.ts';

/** A password, never from an argument: arguments stand in the list of processes and in the shell's history. Asked on a terminal
 *  without being shown; with `fromStdin` the first line of standard input.
 *  @throws AttuneError bad_request where there is nobody to ask. */
export async function readPassword(terminal: Terminal, fromStdin: boolean, login: string): Promise<string> {
  if (fromStdin) return (await readAll(terminal.stdin)).toString('utf8').replace(/\r?\n[\s\S]*$/, '');
  return askSecret(terminal, `Password of ${login}`, 'give the password with --password-stdin');
}

/** A secret, asked on a terminal without being shown.
 *  @param otherwise what to do where there is no terminal
 *  @throws AttuneError bad_request where there is nobody to ask. */
export async function askSecret(terminal: Terminal, message: string, otherwise: string): Promise<string> {
  if (!canAsk(terminal)) throw new AttuneError('bad_request', `Standard input is no terminal; ${otherwise}`);
  return answer(await password({ message, ...streams(terminal) }));
}

/** A login name: asked on a terminal where it was not given.
 *  @throws AttuneError bad_request where there is nobody to ask. */
export async function readLogin(terminal: Terminal, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  if (!canAsk(terminal))
    throw new AttuneError('bad_request', 'Standard input is no terminal; give the login with --username');
  return answer(await text({ message: 'Login', initialValue: 'admin', ...streams(terminal) }));
}

const canAsk = (terminal: Terminal) => terminal.stdin.isTTY === true && terminal.stderr.isTTY === true;

/** Questions go to standard error: standard output holds only results. */
const streams = (terminal: Terminal) => ({ input: terminal.stdin, output: terminal.stderr });

function answer(given: string | symbol): string {
  if (typeof given === 'symbol') throw new AttuneError('bad_request', 'Cancelled');
  return given;
}
