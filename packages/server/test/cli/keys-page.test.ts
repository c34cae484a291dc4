import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSite } from './attune.test-support.ts';
import { runLine } from './run-line.test-support.ts';

const page = join(import.meta.dirname, '../../../../docs/keys-and-configuration.md');
const text = readFileSync(page, 'utf8');

/** What another run prints the same: without ids, instants and durations, and the widths of columns that come of them. */
const comparable = (block: string): string =>
  block
    .replace(/\d[\d:.TZ-]*(ms|s)?/g, 'N')
    .replace(/ +/g, ' ')
    .trimEnd();

test('the commands of docs/keys-and-configuration.md print what the page shows', async () => {
  await using site = await openSite();
  const files = [...text.matchAll(/```(?:yaml|sh)\n# (\S+\/\S+)\n([^`]+)```/g)];
  expect(files.length).toBeGreaterThan(8);
  await site.write(Object.fromEntries(files.map(([, path = '', content = '']) => [path, content])));
  let printed = text;
  for (const [whole, block = ''] of text.matchAll(/```console\n([^`]+)```/g)) {
    let shown = '';
    for (const [line] of block.matchAll(/^\$ (.*)$/gm)) {
      const { exit, all } = await runLine(site, line.slice(2));
      shown += `${line}\n${all}`;
      expect(exit, `${line}\n${all}`).toBe(Number(/# exit code (\d+)$/.exec(line)?.[1] ?? 0));
    }
    if (process.env['ATTUNE_PRINT_DOCS'] === '1') {
      printed = printed.replace(whole, () => `\`\`\`console\n${shown}\`\`\``);
    } else expect(comparable(block)).toBe(comparable(shown));
  }
  if (printed !== text) writeFileSync(page, printed);
}, 120_000);
