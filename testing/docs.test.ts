import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  executionStatuses,
  isFinal,
  itemStates,
  moves,
  notReusedReasons,
  standingReasons,
  taskStates,
} from '@attune/core';
import { expect, test } from 'vitest';
import { settings } from '../packages/server/src/config.ts';

const docs = join(import.meta.dirname, '..', 'docs');

/** With ATTUNE_PRINT_DOCS=1 the printed parts of the documentation are written anew instead of compared. */
const isPrinting = process.env['ATTUNE_PRINT_DOCS'] === '1';

/** Compares what stands between `<!-- printed: NAME -->` and `<!-- end -->` with what the code prints. */
function expectPrinted(page: string, name: string, printed: string): void {
  const path = join(docs, page);
  const text = readFileSync(path, 'utf8');
  const pattern = new RegExp(`(<!-- printed: ${name} -->\\n)([\\s\\S]*?)(\\n<!-- end -->)`);
  const found = pattern.exec(text);
  if (found === null) throw new Error(`${page} has no part '<!-- printed: ${name} --> ... <!-- end -->'`);
  if (isPrinting)
    writeFileSync(
      path,
      text.replace(pattern, (_, start: string, __, end: string) => start + printed + end),
    );
  else expect(found[2]).toBe(printed);
}

test('docs/state-machines.md prints the execution machine from its table', () => {
  const rows = executionStatuses.map((status) => {
    const leads = Object.entries(moves[status]).map(([move, next]) => `${move} → \`${next}\``);
    return `| \`${status}\` | ${isFinal(status) ? 'final' : leads.join(', ')} |`;
  });
  expectPrinted('state-machines.md', 'execution', ['| Status | Moves |', '|---|---|', ...rows].join('\n'));
});

test('docs/configuration.md prints every setting from its table', () => {
  const rows = Object.entries(settings).map(
    ([name, setting]) => `| \`${name}\` | ${setting.description} | ${setting.default} |`,
  );
  expectPrinted(
    'configuration.md',
    'settings',
    ['| Variable | Meaning | Default |', '|---|---|---|', ...rows].join('\n'),
  );
});

test.each([
  ['standing reasons', 'Reason', standingReasons],
  ['task states', 'State', taskStates],
  ['item states', 'State', itemStates],
  ['reasons not to reuse', 'Reason', notReusedReasons],
])('docs/explain.md prints the closed list of %s from its table', (name, word, table) => {
  const rows = Object.entries(table).map(([one, meaning]) => `| \`${one}\` | ${meaning} |`);
  expectPrinted('explain.md', name, [`| ${word} | |`, '|---|---|', ...rows].join('\n'));
});
