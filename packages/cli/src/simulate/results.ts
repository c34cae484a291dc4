import {
  AttuneError,
  checkResults,
  formatProblem,
  givenResults,
  readResults,
  readYaml,
  type GivenSource,
  type KnownActions,
  type Problem,
  type WorkflowDefinition,
  type YamlDocument,
} from '@attune/core';
import { readBytes } from '../input/params.ts';
import type { Terminal } from '../terminal.ts';

/** Longest file of results, in characters. */
const longest = 64 * 1024 * 1024;

/** The results of a file, YAML or JSON. */
export interface ResultsFile {
  source: GivenSource;
  /** Where the results stand that no attempt used. */
  unused: () => Problem[];
}

/** @throws AttuneError bad_request where the file cannot be read; invalid_input with everything wrong in it, by line and column. */
export async function readResultsFile(
  terminal: Terminal,
  path: string,
  workflow: WorkflowDefinition,
  actions: KnownActions,
): Promise<ResultsFile> {
  const text = (await readBytes(terminal, '--results', path)).toString('utf8');
  const document = readYaml(text, path === '-' ? 'standard input' : path, { length: longest });
  const { value, problems } = readResults(document);
  const all = [...problems, ...(value === undefined ? [] : checkResults(document, value, workflow, actions))];
  if (value === undefined || all.length > 0) {
    throw new AttuneError('invalid_input', `${document.file} is no file of results for ${workflow.ref}`, {
      details: all,
    });
  }
  const source = givenResults(value);
  return { source, unused: () => source.unused().map((pointer) => placeOf(document, pointer)) };
}

const placeOf = (document: YamlDocument, pointer: string): Problem => {
  const { line, column } = document.at(pointer);
  return { message: 'This result was not used', file: document.file, line, column, pointer };
};

export const placeText = (problem: Problem): string => formatProblem({ ...problem, message: '' }).replace(/: $/, '');
