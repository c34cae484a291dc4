import { homedir } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';

export type InputStream = Readable & Partial<Pick<ReadStream, 'isTTY'>>;
export type OutputStream = Writable & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>;

/** What a command may touch of the outside: its streams, its environment, its folder. Tests hand in their own. */
export interface Terminal {
  stdin: InputStream;
  stdout: OutputStream;
  stderr: OutputStream;
  env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from. */
  folder: string;
  /** Home folder of the user. */
  userHome: string;
  /** Aborted by Ctrl-C while a command waits. */
  interrupted: AbortSignal;
}

/** The terminal this process was started in. */
export const ownTerminal = (interrupted: AbortSignal): Terminal => ({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  folder: process.cwd(),
  userHome: homedir(),
  interrupted,
});

/** An environment variable; an empty one counts as not set. */
export function variable(terminal: Terminal, name: string): string | undefined {
  const text = terminal.env[name]?.trim();
  return text === '' ? undefined : text;
}
