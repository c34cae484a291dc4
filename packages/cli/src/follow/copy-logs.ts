import type { Id } from '@attune/core';
import { write } from '../output/write.ts';
import type { Terminal } from '../terminal.ts';
import { logTail } from './log-tail.ts';
import { paced } from './pace.ts';
import type { LogStream, Reader } from './reader.ts';

/** Copies what one execution wrote, each stream to our own of that name (the only one asked for to standard output), as it is; when
 *  followed, until it has ended. */
export async function copyLogs(
  reader: Reader,
  id: Id,
  streams: readonly LogStream[],
  terminal: Terminal,
  isFollowed: boolean,
): Promise<void> {
  const tails = streams.map((stream) => ({
    tail: logTail(reader, id, stream),
    to: streams.length === 1 ? terminal.stdout : terminal[stream],
  }));
  const pace = paced(terminal.interrupted);
  for (;;) {
    for (const { tail, to } of tails) {
      const text = await tail.read();
      if (text === '') continue;
      await write(to, text);
      pace.reset();
    }
    if (!isFollowed || tails.every(({ tail }) => tail.hasEnded())) return;
    await pace.next();
  }
}
