import { AttuneError, parseJson, type Json } from '@attune/core';
import { Option, type Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { readBytes } from './params.ts';
import { askSecret } from './password.ts';
import { readAll } from './stdin.ts';

export interface ValueOptions {
  stdin?: true;
  file?: string;
}

/** What every command takes that is given a value which may be a secret. */
export const withValueOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--stdin', 'read the value from standard input, without the last line break').conflicts('file'),
    )
    .option('--file <path>', 'read the value from a file, without its last line break');

/** A value that may be a secret: from standard input or a file, else asked on a terminal without being shown. Arguments stand in the list
 *  of processes and in the shell's history.
 *  @throws AttuneError bad_request where there is nobody to ask. */
export async function readValue(terminal: Terminal, { stdin, file }: ValueOptions, name: string): Promise<string> {
  if (stdin === true) return withoutLineBreak(await readAll(terminal.stdin));
  if (file !== undefined) return withoutLineBreak(await readBytes(terminal, '--file', file));
  return askSecret(terminal, `Value of ${name}`, 'give the value with --stdin or --file');
}

const withoutLineBreak = (bytes: Buffer): string => bytes.toString('utf8').replace(/\r?\n$/, '');

/** @throws AttuneError malformed_json, without the text, which may be a secret. */
export function readJson(text: string, name: string): Json {
  try {
    return parseJson(text);
  } catch {
    throw new AttuneError('malformed_json', `The value of ${name} is not JSON; a text needs quotes`);
  }
}
