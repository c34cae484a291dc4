import { closeSync, readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { readerOf, type Exit } from '../spawn.ts';
import { streamLimit, type Sink } from '../stream.ts';
import type { Pipes } from '../pipes.ts';
import type { StreamName } from '../attempt.ts';
import { startHelper, type Helper, type HelperOptions } from './helper.ts';

/** What a call came to: JSON of what `run` returned, or of the text of what it threw; or the process ended before it answered, or said
 *  something that is no answer and why. */
export type Answer =
  | { kind: 'returned' | 'threw'; payload: Buffer; memory: number; hasChildren: boolean }
  | { kind: 'ended'; exit: Exit }
  | { kind: 'broken'; reason: string };

/** A process that answers calls, one at a time. */
export interface WarmProcess {
  pid: number;
  /** Of the process, not of a call. */
  token: string;
  exited: Promise<Exit>;
  hasExited(): boolean;
  /** What is paused while output waits for the log. */
  streams: Record<StreamName, { pause(): unknown; resume(): unknown }>;
  startedAt: number;
  uses: number;
  /** Asks it; what it and its children write until it answers goes to the sinks. */
  call(request: string, outputs: Record<StreamName, Sink>): Promise<Answer>;
  end(graceMs: number): Promise<void>;
}

interface Header {
  ok: boolean;
  memory: number;
  children: boolean;
  length: number;
}

/** Longest first line of an answer, in bytes. */
const headerLimit = 1_024;

export async function startWarmProcess(
  options: Pick<HelperOptions, 'command' | 'cwd' | 'env' | 'records'>,
  pipes: Pipes,
): Promise<WarmProcess> {
  const [out, err] = [await pipes.take(), await pipes.take()];
  const streams: Record<StreamName, Socket> = { stdout: readerOf(out.readFd), stderr: readerOf(err.readFd) };
  let helper: Helper;
  try {
    helper = await startHelper({ ...options, stdio: ['ignore', out.writeFd, err.writeFd], fourth: 'lifeline' });
  } catch (error) {
    for (const stream of Object.values(streams)) stream.destroy();
    throw error;
  } finally {
    for (const fd of [out.writeFd, err.writeFd]) closeSync(fd);
  }

  let outputs: Record<StreamName, Sink> | undefined;
  for (const name of ['stdout', 'stderr'] as const) {
    streams[name].on('data', (bytes: Buffer) => outputs?.[name].push(bytes)); // between calls there is no log it could go to
    streams[name].on('error', () => undefined);
  }
  let onAnswer: (answer: Answer) => void = () => undefined;
  let ended: Answer | undefined;
  helper.channel.on(
    'data',
    answerReader((answer) => onAnswer(answer)),
  );
  const closed = Object.values(streams).map((stream) => new Promise((resolve) => stream.once('close', resolve)));
  void helper.exited.then(async (exit) => {
    for (const name of ['stdout', 'stderr'] as const) {
      outputs?.[name].hurry();
      streams[name].resume();
    }
    // what it wrote last comes before the news of its end, unless somebody else holds its streams
    await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, 500).unref())]);
    ended = { kind: 'ended', exit };
    onAnswer(ended);
    for (const stream of Object.values(streams)) stream.destroy();
  });

  const process: WarmProcess = {
    pid: helper.pid,
    token: helper.token,
    streams,
    exited: helper.exited,
    hasExited: () => helper.hasExited(),
    startedAt: performance.now(),
    uses: 0,
    async call(request, sinks) {
      process.uses += 1;
      outputs = sinks;
      const answer = await new Promise<Answer>((resolve) => {
        onAnswer = resolve;
        if (ended !== undefined) resolve(ended);
        else helper.channel.write(request);
      });
      onAnswer = () => undefined;
      for (const name of ['stdout', 'stderr'] as const) {
        sinks[name].hurry();
        if (answer.kind !== 'ended') readRest(streams[name], name === 'stdout' ? out.readFd : err.readFd, sinks[name]);
        if (streams[name].isPaused()) streams[name].resume();
      }
      outputs = undefined;
      return answer;
    },
    end: (graceMs) => helper.end(graceMs),
  };
  return process;
}

const piece = Buffer.alloc(65_536);

/** Reads what lies in a pipe: an answer came after all that its call wrote, but by another way. */
function readRest(stream: Socket, fd: number, sink: Sink): void {
  for (let bytes = stream.read() as Buffer | null; bytes !== null; bytes = stream.read() as Buffer | null) {
    sink.push(bytes);
  }
  // a thread may go on to write for ever
  for (let total = 0; total <= streamLimit;) {
    let length = 0;
    try {
      length = readSync(fd, piece, 0, piece.length, null);
    } catch {
      return; // it is empty
    }
    if (length === 0) return;
    total += length;
    sink.push(Buffer.from(piece.subarray(0, length)));
  }
}

/** Puts answers together from the pieces they come in. An action can write to its process's channel too: then nothing is believed. */
function answerReader(onAnswer: (answer: Answer) => void): (piece: Buffer) => void {
  let parts: Buffer[] = [];
  let size = 0;
  let header: Header | undefined;
  return (bytes) => {
    parts.push(bytes);
    size += bytes.length;
    if (header === undefined) {
      const all = Buffer.concat(parts);
      const end = all.indexOf(10);
      if (end === -1 && size <= headerLimit) return;
      header = headerOf(all.subarray(0, end));
      if (header === undefined) {
        onAnswer({ kind: 'broken', reason: 'The process wrote to descriptor 3, by which it speaks with the worker' });
        return;
      }
      parts = [all.subarray(end + 1)];
      size = all.length - end - 1;
    }
    if (header.length > streamLimit) {
      onAnswer({ kind: 'broken', reason: `What run() returned is longer than ${streamLimit} bytes as JSON` });
      parts = []; // whatever comes of it, the process ends
      return;
    }
    if (size < header.length) return;
    const { ok, memory, children } = header;
    const payload = Buffer.concat(parts);
    header = undefined;
    parts = [];
    size = 0;
    onAnswer({ kind: ok ? 'returned' : 'threw', payload, memory, hasChildren: children });
  };
}

function headerOf(line: Buffer): Header | undefined {
  try {
    const { ok, memory, children, length } = JSON.parse(line.toString()) as Partial<Header>;
    if (typeof ok !== 'boolean' || typeof memory !== 'number' || typeof children !== 'boolean') return undefined;
    return Number.isSafeInteger(length) && Number(length) >= 0
      ? { ok, memory, children, length: Number(length) }
      : undefined;
  } catch {
    return undefined;
  }
}
