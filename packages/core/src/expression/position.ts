/** A place in the text of an expression or template. */
export interface Position {
  /** From zero, in UTF-16 code units, as JavaScript indexes a string. */
  offset: number;
  /** From one. */
  line: number;
  /** From one, in UTF-16 code units, as editors count. */
  column: number;
}

export function positionAt(text: string, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (let end = text.indexOf('\n'); end !== -1 && end < offset; end = text.indexOf('\n', lineStart)) {
    line += 1;
    lineStart = end + 1;
  }
  return { offset, line, column: offset - lineStart + 1 };
}
