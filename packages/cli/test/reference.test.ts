import { catalogue } from '@attune/core';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeCommands, printReference } from './reference.ts';

const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'cli.md');

/** Compares what stands between `<!-- printed: NAME -->` and `<!-- end -->` with what the code prints; with ATTUNE_PRINT_DOCS=1 it is
 *  written anew. */
function expectPrinted(name: string, printed: string): void {
  const text = readFileSync(page, 'utf8');
  const [start, end] = [`<!-- printed: ${name} -->\n`, '\n<!-- end -->'];
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  expect(from, `${page} has no part '${name}'`).toBeGreaterThan(-1);
  const before = text.slice(0, from + start.length);
  if (process.env['ATTUNE_PRINT_DOCS'] === '1') writeFileSync(page, before + printed + text.slice(to));
  else expect(text.slice(before.length, to)).toBe(printed);
}

test('docs/cli.md prints every command from the command tree', () => {
  expectPrinted('commands', printReference(describeCommands()));
});

test('docs/cli.md prints the exit codes from the catalogue of errors', () => {
  const codes = new Map<number, string[]>();
  for (const [code, { exit }] of Object.entries(catalogue))
    codes.set(exit, [...(codes.get(exit) ?? []), `\`${code}\``]);
  const rows = [...codes]
    .sort(([one], [other]) => one - other)
    .map(([exit, names]) => `| ${exit} | ${names.join(', ')} |`);
  expectPrinted('exit codes', ['| Exit code | Error |', '|---|---|', ...rows].join('\n'));
});

test('every command has an example, and every example begins with its command', () => {
  for (const { name, examples } of describeCommands()) {
    if (['attune db', 'attune server'].includes(name)) continue;
    expect(examples, name).not.toEqual([]);
    for (const example of examples) expect(example.startsWith(`${name} `) || example === name, example).toBe(true);
  }
});
