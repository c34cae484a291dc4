import type { InputStream } from '../terminal.ts';

/** Everything that comes on standard input. */
export async function readAll(stdin: InputStream): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stdin as AsyncIterable<string | Uint8Array>) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}
