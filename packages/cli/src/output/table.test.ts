import { expect, test } from 'vitest';
import { plain } from './paint.ts';
import { formatTable, type Column } from './table.ts';

interface Row {
  id: string;
  ref: string;
}

const columns: Column<Row>[] = [
  { name: 'id', text: (row) => row.id, align: 'right' },
  { name: 'ref', text: (row) => row.ref },
];

test('columns are as wide as their longest text', () => {
  const rows = [
    { id: '7', ref: 'core.echo' },
    { id: '1234', ref: 'github.on_push' },
  ];
  expect(formatTable(columns, rows, { paint: plain })).toBe(
    ['  ID  REF', '   7  core.echo', '1234  github.on_push'].join('\n'),
  );
});

test('on a narrow terminal the widest column is cut', () => {
  const text = formatTable(columns, [{ id: '1', ref: 'a'.repeat(60) }], { paint: plain, width: 20 });
  expect(text).toBe(['ID  REF', ` 1  ${'a'.repeat(15)}…`].join('\n'));
});

test('without a width nothing is cut', () => {
  expect(formatTable(columns, [{ id: '1', ref: 'a'.repeat(500) }], { paint: plain })).toContain('a'.repeat(500));
});

test('control characters cannot reach the terminal', () => {
  const text = formatTable(columns, [{ id: '1', ref: 'a\u001b[2Jb\nc' }], { paint: plain });
  expect(text).toContain('a\\u001b[2Jb\\nc');
});
