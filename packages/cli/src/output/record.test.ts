import { expect, test } from 'vitest';
import { plain } from './paint.ts';
import { formatRecord } from './record.ts';

test('a block is cut where it is asked for, and says by how much', () => {
  expect(formatRecord([['list', [1, 2, 3, 4], { lines: 2 }]], plain)).toBe(
    ['list:', '  - 1', '  - 2', '  … 2 more lines; -o yaml shows all'].join('\n'),
  );
});

test('fields are aligned, blocks stand below, what is not known is left out', () => {
  const text = formatRecord(
    [
      ['id', '42'],
      ['action_ref', 'core.echo'],
      ['parent', null],
      ['config', { message: 'hello', tags: ['a'] }],
      ['result', 'two\nlines'],
      ['empty', {}],
    ],
    plain,
  );
  expect(text).toBe(
    [
      'id          42',
      'action_ref  core.echo',
      'empty       {}',
      'config:',
      '  message: hello',
      '  tags:',
      '    - a',
      'result:',
      '  two',
      '  lines',
    ].join('\n'),
  );
});
