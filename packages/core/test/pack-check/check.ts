import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackFile } from '../../src/pack/files.ts';
import { findingsOf, type Finding } from '../../src/pack/finding.ts';
import { knownFrom } from '../../src/pack/known.ts';
import { loadPack, readPack } from '../../src/pack/load.ts';
import { around, type Example } from './examples.ts';

export const filesOf = (texts: Readonly<Record<string, string>>): Map<string, PackFile> =>
  new Map(
    Object.entries(texts).map(([path, text]): [string, PackFile] => [
      path,
      { content: new TextEncoder().encode(text), mode: 0o644 },
    ]),
  );

const coreFolder = join(import.meta.dirname, '../../../../packs/core');
const coreTexts = Object.fromEntries(
  readdirSync(coreFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[a-z]+$/.test(path))
    .map((path) => [path, readFileSync(join(coreFolder, path), 'utf8')]),
);

/** The pack core is at hand, and no other. */
const known = knownFrom([readPack(filesOf(coreTexts)).definitions]);

export const check = (texts: Readonly<Record<string, string>>): Finding[] =>
  findingsOf(loadPack(filesOf(texts), known));

/** Everything there is to say of the pack around an example. */
export const checkExample = ({ file, text }: Example): Finding[] => check({ ...around, [file]: text });

/** A finding as the documentation shows it: what is said, and the line with what it is about underlined. */
export function excerpt(
  text: string,
  { file, line, column, end_line = line, end_column = column + 1, message }: Finding,
): string {
  const source = (text.split('\n')[line - 1] ?? '').replaceAll('\t', '→');
  const length = end_line === line ? Math.max(1, end_column - column) : Math.max(1, source.length - column + 1);
  return [
    `${file}:${line}:${column}: ${message}`,
    `    ${source}`,
    `    ${' '.repeat(column - 1)}${'^'.repeat(length)}`,
  ].join('\n');
}
