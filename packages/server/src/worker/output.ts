import { parseJson, readYaml, type Json } from '@attune/core';
import type { OutputFormat } from './attempt.ts';
import { streamLimit } from './stream.ts';

/** What an action's output says: the value, or why there is none. Text says nothing. */
export type Output = { kind: 'data'; data: Json } | { kind: 'none' } | { kind: 'unreadable'; reason: string };

/** Reads standard output in the action's format (pack format, section 6, Result): `json` is the whole, else its last line; `yaml`
 *  the whole; `jsonl` the list of the lines that parse. */
export function readOutput(format: OutputFormat, text: string): Output {
  switch (format) {
    case 'text':
      return { kind: 'none' };
    case 'json':
      return readJsonOutput(text);
    case 'yaml':
      return readYamlOutput(text);
    case 'jsonl':
      return { kind: 'data', data: linesOf(text).flatMap((line) => tryJson(line) ?? []) };
  }
}

function readJsonOutput(text: string): Output {
  if (text.trim() === '') return { kind: 'none' };
  const found = tryJson(text) ?? tryJson(linesOf(text).at(-1) ?? '');
  if (found !== undefined) return { kind: 'data', data: found[0] };
  return { kind: 'unreadable', reason: 'Neither the whole output nor its last line is JSON' };
}

function readYamlOutput(text: string): Output {
  if (text.trim() === '') return { kind: 'none' };
  const { value, problems } = readYaml(text, 'stdout', { length: streamLimit });
  if (value !== undefined) return { kind: 'data', data: value };
  const [first] = problems;
  return { kind: 'unreadable', reason: `The output is not YAML: line ${first?.line ?? 1}: ${first?.message ?? ''}` };
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/** In a list, since null is a value too; undefined where the text is no JSON. */
export function tryJson(text: string): [Json] | undefined {
  try {
    return [parseJson(text)];
  } catch {
    return undefined;
  }
}
