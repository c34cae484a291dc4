import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { Terminal } from './terminal.ts';

export interface TestTerminal extends Terminal, AsyncDisposable {
  /** What was written so far. */
  written: { stdout: () => string; stderr: () => string };
}

export interface TestTerminalOptions {
  env?: Readonly<Record<string, string>>;
  stdin?: string;
  interrupted?: AbortSignal;
}

/** Streams in memory and an empty folder as home and working folder, removed at the end. Nothing of the real environment is seen. */
export async function testTerminal(options: TestTerminalOptions = {}): Promise<TestTerminal> {
  const folder = await mkdtemp(join(tmpdir(), 'attune-cli-'));
  const [stdout, stderr] = [captured(), captured()];
  return {
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { ATTUNE_HOME: folder, ...options.env },
    folder,
    userHome: folder,
    interrupted: options.interrupted ?? new AbortController().signal,
    written: { stdout: stdout.text, stderr: stderr.text },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function captured(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough();
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  return { stream, text: () => Buffer.concat(parts).toString('utf8') };
}
