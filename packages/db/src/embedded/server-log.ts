import { open, stat, rename, type FileHandle } from 'node:fs/promises';

const keptBytes = 10 * 1024 * 1024;

/** PostgreSQL's log. At most two files of about 10 MB a start: a larger one steps aside as `<file>.1` before the next start. */
export async function openLog(file: string): Promise<FileHandle> {
  if ((await sizeOf(file)) > keptBytes) await rename(file, `${file}.1`).catch(() => undefined);
  return open(file, 'a', 0o600);
}

export const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    (stats) => stats.size,
    () => 0,
  );

/** What was written from byte `from` on, at most the last 64 KiB. */
export async function textSince(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - 65_536);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(0, size - start)), { position: start });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

export const lastLines = (text: string, count = 12): string => text.trimEnd().split('\n').slice(-count).join('\n');
