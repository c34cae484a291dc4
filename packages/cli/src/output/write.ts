import type { OutputStream } from '../terminal.ts';

/** Writes and waits until the stream took it, so that a slow reader slows us down instead of filling memory. */
export async function write(stream: OutputStream, text: string | Uint8Array): Promise<void> {
  if (stream.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.once('drain', done).once('close', done);
  });
}

export const writeLine = (stream: OutputStream, line: string): Promise<void> => write(stream, `${line}\n`);
