import type { Problem } from '../errors.ts';
import { isJsonObject, ownValue } from '../json.ts';
import { problemAt, type YamlDocument } from '../yaml/document.ts';
import type { Checked } from '../yaml/shape.ts';
import type { PackFiles } from './files.ts';
import { readYamlFile, yamlFilesIn } from './folder.ts';
import { completeRef, packOf } from './names.ts';

/** A definition with the file it stands in. */
export interface Located<T> {
  document: YamlDocument;
  value: T;
}

export interface Collected<T> {
  found: Located<T>[];
  /** Refs of those that could not be read, as far as they can be guessed: what refers to them need not be told that they are not
   *  there. */
  unread: string[];
  problems: Problem[];
}

/** Reads every definition of one kind, in the order of the file names. One whose ref is another's, or another pack's, is reported. */
export function collect<T extends { ref: string }>(
  files: PackFiles,
  folder: string,
  pack: string | undefined,
  read: (document: YamlDocument) => Checked<T>,
): Collected<T> {
  const found: Located<T>[] = [];
  const unread: string[] = [];
  const problems: Problem[] = [];
  for (const path of yamlFilesIn(files, folder)) {
    const document = readYamlFile(files, path);
    if (document === undefined) continue;
    const checked = read(document);
    problems.push(...checked.problems);
    if (checked.value === undefined) {
      unread.push(guessRef(document, pack));
      continue;
    }
    found.push({ document, value: checked.value });
    if (pack !== undefined && packOf(checked.value.ref) !== pack) {
      problems.push(
        problemAt(
          document,
          '/ref',
          `"${checked.value.ref}" does not belong to the pack ${pack}: its ref must begin with "${pack}."`,
          'foreign_ref',
        ),
      );
    }
  }
  return { found, unread, problems: [...problems, ...repeatedRefs(found)] };
}

/** The ref a definition says, else the one its file is named after. */
function guessRef({ readable, file }: YamlDocument, pack = ''): string {
  const ref = isJsonObject(readable) ? ownValue(readable, 'ref') : undefined;
  const name = file.slice(file.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '');
  return typeof ref === 'string' ? completeRef(ref, pack) : `${pack}.${name}`;
}

/** Definitions whose ref an earlier one of the same kind has. */
export function repeatedRefs(found: readonly Located<{ ref: string }>[]): Problem[] {
  const firstFile = new Map<string, string>();
  return found.flatMap(({ document, value: { ref } }) => {
    const first = firstFile.get(ref);
    if (first !== undefined)
      return [problemAt(document, '/ref', `"${ref}" is defined in ${first} already`, 'duplicate_ref')];
    firstFile.set(ref, document.file);
    return [];
  });
}
