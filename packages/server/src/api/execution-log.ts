import type { lists } from '@attune/db';

export interface LogText {
  stream: lists.LogStream;
  offset: number;
  text: string;
  next_offset: number;
  complete: boolean;
}

/** A part of a log as text. Never ends inside a character whose other bytes are yet to come: those are read with the next part. */
export function readLogText(asked: { stream: lists.LogStream; offset: number }, part: lists.LogPart): LogText {
  const isLast = part.has_ended && !part.has_more;
  const length = isLast ? part.content.length : wholeCharacters(part.content);
  return {
    stream: asked.stream,
    offset: asked.offset,
    text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(part.content.subarray(0, length)),
    next_offset: asked.offset + length,
    complete: isLast,
  };
}

/** Bytes up to the last character that is whole. Bytes that are not UTF-8 at all count as whole: they would never become one. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return bytesOfCharacter(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

const bytesOfCharacter = (first: number): number => (first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2);
