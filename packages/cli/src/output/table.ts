import Table from 'cli-table3';
import type { Paint } from './paint.ts';
import { safeLine } from './safe-text.ts';

export interface Column<Row> {
  /** The field it shows, named as in the API. */
  name: string;
  text: (row: Row) => string | null | undefined;
  /** Colours the text once its width is settled. */
  colour?: (text: string, paint: Paint) => string;
  align?: 'left' | 'right';
}

/** Least characters that a column keeps when the terminal is too narrow. */
const leastWidth = 8;
const gap = 2;

/** Rows as a table without lines. On a terminal of `width` characters the widest columns are cut with an ellipsis until the table fits;
 *  without a width (piped) nothing is cut. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { paint, width }: { paint: Paint; width?: number | undefined },
): string {
  const cells = rows.map((row) => columns.map((column) => safeLine(column.text(row) ?? '')));
  const natural = columns.map((column, at) =>
    Math.max(column.name.length, ...cells.map((line) => Array.from(line[at] ?? '').length)),
  );
  const widths = width === undefined ? natural : fit(natural, width - gap * (columns.length - 1));
  const table = new Table({
    head: columns.map((column) => paint.bold(column.name.toUpperCase())),
    colAligns: columns.map((column) => column.align ?? 'left'),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    chars: bare,
  });
  for (const line of cells) {
    table.push(
      columns.map((column, at) => {
        const text = cut(line[at] ?? '', widths[at] ?? 0);
        return column.colour === undefined ? text : column.colour(text, paint);
      }),
    );
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Takes from the widest column, one character at a time, until all fit or none can give more. */
function fit(natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  for (let excess = widths.reduce((sum, one) => sum + one, 0) - available; excess > 0; excess -= 1) {
    const widest = Math.max(...widths);
    if (widest <= leastWidth) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function cut(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

const bare = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(gap),
};
