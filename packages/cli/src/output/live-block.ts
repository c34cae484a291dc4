import type { OutputStream } from '../terminal.ts';

/** Lines at the bottom of a terminal that are drawn again in place. */
export interface LiveBlock {
  draw(lines: readonly string[]): void;
  /** Takes the lines away, so that what is written next stands in their place. */
  clear(): void;
}

const clearDown = '\u001b[0J';
const upBy = (lines: number) => (lines === 0 ? '' : `\u001b[${lines}A`);

/** Draws no more lines than the terminal has, and none longer than it is wide: both would break the way back up. */
export function liveBlock(stream: OutputStream): LiveBlock {
  let drawn = 0;
  const erase = () => `\r${upBy(drawn)}${clearDown}`;
  return {
    draw(lines) {
      const fitting = fitHeight(lines, sizeOr(24, stream.rows) - 1);
      const width = sizeOr(80, stream.columns) - 1;
      const text = fitting.map((line) => `${cutPainted(line, width)}\n`).join('');
      stream.write(erase() + text);
      drawn = fitting.length;
    },
    clear() {
      if (drawn > 0) stream.write(erase());
      drawn = 0;
    },
  };
}

/** A terminal that does not know its size says 0, or nothing. */
const sizeOr = (usual: number, size: number | undefined): number => (size === undefined || size < 2 ? usual : size);

function fitHeight(lines: readonly string[], height: number): string[] {
  if (lines.length <= height) return [...lines];
  return [...lines.slice(0, height - 1), `… ${lines.length - height + 1} more`];
}

const colour = /\u001b\[[0-9;]*m/y;

/** Cuts to a number of visible characters; colour sequences count as none and are kept, so that what was opened is closed. */
function cutPainted(text: string, width: number): string {
  let visible = 0;
  let cut = '';
  for (let at = 0; at < text.length;) {
    colour.lastIndex = at;
    const sequence = colour.exec(text)?.[0];
    const part = sequence ?? String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (sequence !== undefined || visible < width) cut += part;
    if (sequence === undefined) visible += 1;
    at += part.length;
  }
  return cut;
}
