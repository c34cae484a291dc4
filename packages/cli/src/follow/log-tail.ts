import type { Id } from '@attune/core';
import type { LogStream, Reader } from './reader.ts';

/** Reads one stream of one execution as it grows. */
export interface LogTail {
  /** Everything that was written since the last call, up to now. */
  read(): Promise<string>;
  /** Whether all was read and nothing comes any more. */
  hasEnded(): boolean;
}

export function logTail(reader: Reader, id: Id, stream: LogStream): LogTail {
  let offset = 0;
  let ended = false;
  return {
    hasEnded: () => ended,
    async read() {
      let text = '';
      for (let hasMore = !ended; hasMore;) {
        const part = await reader.log(id, stream, offset);
        text += part.text;
        ended = part.complete;
        hasMore = !ended && part.next_offset > offset;
        offset = part.next_offset;
      }
      return text;
    },
  };
}

/** Makes lines of text that comes in parts; what has no end of line yet is kept back. */
export interface LineSplitter {
  /** The lines that are complete now. */
  add(text: string): string[];
  /** What is left without an end of line, if anything. */
  rest(): string[];
}

export function lineSplitter(): LineSplitter {
  let partial = '';
  return {
    add(text) {
      const lines = (partial + text).split('\n');
      partial = lines.pop() ?? '';
      return lines.map((line) => line.replace(/\r$/, ''));
    },
    rest() {
      const left = partial;
      partial = '';
      return left === '' ? [] : [left];
    },
  };
}
