/** A `{{ ... }}` in a text, from its first brace up to, not including, the first character behind its last. */
export interface Block {
  start: number;
  end: number;
}

/** The first block at or after an offset; undefined where there is none. */
export function blockAt(text: string, offset: number): Block | undefined {
  const start = text.indexOf('{{', offset);
  if (start === -1) return undefined;
  // A "}}" in a string literal does not end the block. Where no other does, some quote is not what it seems: then the block ends
  // at the very first, and parsing it tells which string has no end.
  const close = closeOutsideStrings(text, start + 2) ?? text.indexOf('}}', start + 2);
  return close === -1 ? undefined : { start, end: close + 2 };
}

function closeOutsideStrings(text: string, from: number): number | undefined {
  const stop = /["']|\}\}/g;
  stop.lastIndex = from;
  for (let found = stop.exec(text); found !== null; found = stop.exec(text)) {
    if (found[0] === '}}') return found.index;
    const end = endOfString(text, found.index, found[0]);
    if (end === undefined) return undefined;
    stop.lastIndex = end;
  }
  return undefined;
}

function endOfString(text: string, start: number, quote: string): number | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    const unit = text[at];
    if (unit === quote) return at + 1;
    if (unit === '\\') at += 1;
  }
  return undefined;
}
