import { problemCodes, type Finding, type ProblemCode } from '@attune/core';
import { mkdir, writeFile } from 'node:fs/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '@attune/cli';
import { checkExample, excerpt } from '../../core/test/pack-check/check.ts';
import { around, examples } from '../../core/test/pack-check/examples.ts';
import { testTerminal } from '../src/terminal.test-support.ts';

const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'pack-check.md');
const page = readFileSync(path, 'utf8');

/** With ATTUNE_PRINT_DOCS=1 what the examples say is written anew instead of compared. */
const isPrinting = process.env['ATTUNE_PRINT_DOCS'] === '1';

const edit = (from: string, to: string): void =>
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(from, () => to),
  );

interface Mistake {
  title: string;
  whole: string;
  file: string;
  text: string;
  said: string;
}

const mistakes = [...page.matchAll(/### ([^\n]+)\n\n```yaml\n(# (\S+)\n[\s\S]*?)```\n\n```\n([\s\S]*?)```/g)].map(
  ([whole, title = '', text = '', file = '', said = '']): Mistake => ({ title, whole, file, text, said }),
);

test('the page shows ten mistakes', () => {
  expect(mistakes).toHaveLength(10);
});

test.each(mistakes)('$title', async ({ whole, file, text, said }) => {
  await using terminal = await testTerminal();
  for (const [name, content] of Object.entries({ ...around, [file]: text })) {
    await mkdir(dirname(join(terminal.folder, 'tide', name)), { recursive: true });
    await writeFile(join(terminal.folder, 'tide', name), content);
  }
  await runProgram(terminal, ['pack', 'check', 'tide']);
  const printed = terminal.written.stdout();
  if (isPrinting) edit(whole, `${whole.slice(0, -(said.length + 3))}${printed}\`\`\``);
  else expect(said).toBe(printed);
});

test('the page has every code with its meaning and an example', () => {
  const codes = Object.entries(problemCodes).map(([code, { severity, meaning }]) => {
    const example = examples[code as ProblemCode];
    const told = checkExample(example).find((one: Finding) => one.code === code);
    const shown = told === undefined ? '' : excerpt(example.text, { ...told, file: told.file.replace(/.*\//, '') });
    return `**\`${code}\`** (${severity}) ${meaning}\n\n\`\`\`\n${shown}\n\`\`\``;
  });
  const [start, end] = ['<!-- printed: codes -->\n', '<!-- end -->'];
  const from = page.indexOf(start) + start.length;
  const before = page.slice(from, page.indexOf(end, from));
  const printed = `${codes.join('\n\n')}\n`;
  if (isPrinting) edit(`${start}${before}${end}`, `${start}${printed}${end}`);
  else expect(before).toBe(printed);
});

test('the exit code and the JSON of the page are those of the command', async () => {
  await using terminal = await testTerminal();
  await mkdir(join(terminal.folder, 'tide'));
  await writeFile(join(terminal.folder, 'tide', 'pack.yaml'), 'ref: tide\nversion: 1.0\n');
  expect(await runProgram(terminal, ['pack', 'check', 'tide', '-o', 'json'])).toBe(1);
  const [finding] = JSON.parse(terminal.written.stdout()) as Record<string, unknown>[];
  const fields = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(Object.keys(finding ?? {}).sort()).toEqual(fields.sort());
});
