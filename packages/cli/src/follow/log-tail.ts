import type { Id } from '@attune/core';
import type { LogStream, Reader } from './reader.ts';

/** Reads one stream of one execution as it grows. */
export interface LogTail {
  /** Everything that was written since the last call, up to now. */
  read(): Promise<Uint8Array[]>;
  /** Whether all was read and nothing comes any more. */
  hasEnded(): boolean;
}

export function logTail(reader: Reader, id: Id, stream: LogStream): LogTail {
  let offset = 0;
  let ended = false;
  return {
    hasEnded: () => ended,
    async read() {
      const parts: Uint8Array[] = [];
      for (let hasMore = !ended; hasMore;) {
        const part = await reader.log(id, stream, offset);
        offset += part.content.length;
        if (part.content.length > 0) parts.push(part.content);
        hasMore = part.has_more && part.content.length > 0;
        ended = part.has_ended && !hasMore;
      }
      return parts;
    },
  };
}

/** Makes lines of bytes that come in parts; what has no end of line yet is kept back. */
export interface LineSplitter {
  /** The lines that are complete now. */
  add(bytes: Uint8Array): string[];
  /** What is left without an end of line, if anything. */
  rest(): string[];
}

export function lineSplitter(): LineSplitter {
  const decoder = new TextDecoder();
  let partial = '';
  return {
    add(bytes) {
      const lines = (partial + decoder.decode(bytes, { stream: true })).split('\n');
      partial = lines.pop() ?? '';
      return lines.map((line) => line.replace(/\r$/, ''));
    },
    rest() {
      const left = partial + decoder.decode();
      partial = '';
      return left === '' ? [] : [left];
    },
  };
}
