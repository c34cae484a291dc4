import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSite } from './attune.test-support.ts';
import { runLine } from './run-line.test-support.ts';

const page = join(import.meta.dirname, '../../../../docs/workflows.md');
const text = readFileSync(page, 'utf8');

/** The workflows of the page that its commands execute, as files of a pack. */
function packOf(refs: readonly string[]): Record<string, string> {
  const blocks = [...text.matchAll(/```yaml\n([^`]+)```/g)].map(([, block = '']) => block);
  const files = refs.map((ref) => {
    const block = blocks.find((one) => one.startsWith(`ref: ${ref}\n`));
    if (block === undefined) throw new Error(`The page executes '${ref}', which is no workflow on it`);
    return [`docs/workflows/${ref.slice('docs.'.length)}.yaml`, block] as const;
  });
  return { 'docs/pack.yaml': 'ref: docs\nversion: 1.0.0\n', ...Object.fromEntries(files) };
}

/** What another run prints the same: without numbers, instants and durations, and the widths of columns that come of them. */
const comparable = (block: string): string =>
  block
    .replace(/\d[\d:.TZ-]*(ms|s)?/g, 'N')
    .replace(/ +/g, ' ')
    .trimEnd();

test('the commands of docs/workflows.md print what the page shows', async () => {
  const refs = [...new Set([...text.matchAll(/^\$ attune action execute (docs\.\w+)/gm)].map(([, ref = '']) => ref))];
  await using site = await openSite();
  await site.write(packOf(refs));
  await runLine(site, 'attune pack register docs');
  let printed = text;
  for (const [whole, block = ''] of text.matchAll(/```console\n([^`]+)```/g)) {
    let shown = '';
    for (const [line] of block.matchAll(/^\$ (.*)$/gm)) {
      shown += `${line}\n${(await runLine(site, line.slice(2))).all}`;
    }
    if (process.env['ATTUNE_PRINT_DOCS'] === '1')
      printed = printed.replace(whole, () => `\`\`\`console\n${shown}\`\`\``);
    else expect(comparable(block)).toBe(comparable(shown));
  }
  if (printed !== text) writeFileSync(page, printed);
}, 120_000);
