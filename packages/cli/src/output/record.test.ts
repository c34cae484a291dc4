import { expect, test } from 'vitest';
import { plain } from './paint.ts';
import { formatRecord } from './record.ts';

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
