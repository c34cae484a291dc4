import type { LogPiece } from '@attune/db';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { StreamName } from './attempt.ts';
import { maskerOf } from './secrets.ts';

/** Most bytes of one stream that are kept; the rest is counted and dropped. */
export const streamLimit = 10 * 1024 * 1024;

/** Most bytes of one piece of the log. */
export const pieceLimit = 64 * 1024;

/** What a stream wrote from a place on, in pieces that a log takes. */
export function piecesOf(stream: StreamName, byte_offset: number, content: Buffer): LogPiece[] {
  return Array.from({ length: Math.ceil(content.length / pieceLimit) }, (_, index) => {
    const at = index * pieceLimit;
    return { stream, byte_offset: byte_offset + at, content: content.subarray(at, at + pieceLimit) };
  });
}

/** Milliseconds after which bytes are passed on, though they fill no piece: how far a reader of a running action is behind. */
const flushMs = 250;

/** Bytes waiting to be passed on at which reading pauses: the action then waits for its log, not the worker's memory. */
const highWater = 512 * 1024;

export interface CaptureOptions {
  /** Keeps a piece of at most 64 KiB at its offset, in order; resolves when it takes the next one. `isLast`: all that was left at the
   *  end. */
  append: (offset: number, bytes: Buffer, isLast: boolean) => Promise<void>;
  /** Texts that are replaced wherever they stand. */
  secrets: readonly string[];
  /** Which part is remembered for the result, in bytes from the beginning or from the end. */
  remember: { from: 'beginning' | 'end'; bytes: number };
}

/** What is known of a stream of an action. */
interface Captured {
  /** The part that was to be remembered. */
  remembered(): Buffer;
  /** Bytes that were written, counted after masking. */
  total(): number;
  /** Bytes of them that are not in the log. */
  dropped(): number;
}

/** A stream of an action on its way into the log. */
export interface Capture extends Captured {
  /** The action has exited: reads what is there, until the other side closes the stream or `graceMs` have passed, since a process
   *  that outlives the action may hold it open. Resolves when everything has been passed on. */
  finish(graceMs: number): Promise<void>;
}

/** What an action writes, on its way into the log from wherever it is read. */
export interface Sink extends Captured {
  push(bytes: Buffer): void;
  /** From now on everything is taken at once: the rest is bounded by what is kept. */
  hurry(): void;
  /** Nothing more comes. Resolves when everything has been passed on. */
  end(): Promise<void>;
}

/** As results show it. */
export const viewOf = (stream: Captured): { bytes: Buffer; total: number; dropped: number } => ({
  bytes: stream.remembered(),
  total: stream.total(),
  dropped: stream.dropped(),
});

/** Passes a stream on in bounded pieces, soon after they were written. Nothing waits for the end of a line, so a line without end
 *  takes no memory. */
export function capture(source: Readable, options: CaptureOptions): Capture {
  const sink = sinkOf(options, source);
  source.on('data', (bytes: Buffer) => sink.push(bytes));
  const closed = new Promise<'closed'>((resolve) => {
    const done = () => resolve('closed');
    source.once('close', done);
    source.once('error', done); // what was read before counts
    if (source.closed) done(); // an action that says nothing may have ended before we listen
  });

  return {
    async finish(graceMs) {
      sink.hurry();
      source.resume();
      if ((await within(graceMs, closed)) === undefined) {
        await turn(); // a busy process may find the timer due before it has looked at the stream
        source.destroy();
      }
      await sink.end();
    },
    remembered: () => sink.remembered(),
    total: () => sink.total(),
    dropped: () => sink.dropped(),
  };
}

/** What the promise resolves to; undefined where it takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** @param flow Whence the bytes come: it is paused while too many wait to be passed on. */
export function sinkOf(
  { append, secrets, remember }: CaptureOptions,
  flow: { pause(): unknown; resume(): unknown },
): Sink {
  const masker = maskerOf(secrets);
  const memory = memoryOf(remember);
  const waiting = queueOfBytes();
  let offset = 0;
  let total = 0;
  let dropped = 0;
  let isHurried = false;
  let hasEnded = false;
  let timer: NodeJS.Timeout | undefined;
  let passingOn: Promise<void> | undefined;

  const take = (bytes: Buffer) => {
    const kept = bytes.subarray(0, Math.max(0, streamLimit - total));
    total += bytes.length;
    waiting.add(kept);
    memory.add(remember.from === 'end' ? bytes : kept);
    if (kept.length === bytes.length) return;
    if (dropped === 0) waiting.add(Buffer.from(`\n[attune: output beyond ${streamLimit} bytes is dropped]\n`));
    dropped += bytes.length - kept.length;
  };

  const passOn = (): Promise<void> =>
    (passingOn ??= (async () => {
      while (waiting.bytes() > 0) {
        const piece = waiting.take(pieceLimit);
        await append(offset, piece, hasEnded && waiting.bytes() === 0);
        offset += piece.length;
        if (waiting.bytes() < highWater) flow.resume();
      }
    })().finally(() => (passingOn = undefined)));

  return {
    push(bytes) {
      take(masker.push(bytes));
      // what is kept is bounded, so a last rest may be read faster than it is passed on
      if (waiting.bytes() >= highWater && !isHurried) flow.pause();
      if (waiting.bytes() >= pieceLimit) void passOn();
      timer ??= setTimeout(() => {
        timer = undefined;
        void passOn();
      }, flushMs);
    },
    hurry: () => void (isHurried = true),
    async end() {
      take(masker.end());
      hasEnded = true;
      clearTimeout(timer);
      // also what is on its way already: the end of an attempt is told after all that it said
      do await passOn();
      while (waiting.bytes() > 0);
    },
    remembered: () => memory.bytes(),
    total: () => total,
    dropped: () => dropped,
  };
}

interface ByteQueue {
  add(bytes: Buffer): void;
  bytes(): number;
  /** The next bytes, at most `limit`. */
  take(limit: number): Buffer;
}

function queueOfBytes(): ByteQueue {
  const parts: Buffer[] = [];
  let size = 0;
  return {
    add(bytes) {
      if (bytes.length > 0) parts.push(bytes);
      size += bytes.length;
    },
    bytes: () => size,
    take(limit) {
      const taken: Buffer[] = [];
      let room = limit;
      for (let part = parts[0]; part !== undefined && room > 0; part = parts[0]) {
        const piece = part.subarray(0, room);
        if (piece.length === part.length) parts.shift();
        else parts[0] = part.subarray(room);
        taken.push(piece);
        room -= piece.length;
      }
      size -= limit - room;
      return taken.length === 1 ? (taken[0] as Buffer) : Buffer.concat(taken);
    },
  };
}

function memoryOf({ from, bytes: limit }: CaptureOptions['remember']): { add(bytes: Buffer): void; bytes(): Buffer } {
  let parts: Buffer[] = [];
  let size = 0;
  return {
    add(bytes) {
      const part = from === 'beginning' ? bytes.subarray(0, limit - size) : bytes;
      if (part.length === 0) return;
      parts.push(part);
      size += part.length;
      // an action may write byte by byte, and each part holds the piece of memory it was read into
      if (from === 'end' && size > 2 * limit) {
        parts = [Buffer.from(Buffer.concat(parts).subarray(-limit))];
        size = limit;
      }
    },
    bytes: () => (from === 'end' ? Buffer.concat(parts).subarray(-limit) : Buffer.concat(parts)),
  };
}
