import type { Problem } from '../errors.ts';
import { readYaml, refusedYaml, type YamlDocument } from '../yaml/document.ts';
import { nearest } from '../yaml/nearest.ts';
import { plainText } from './text.ts';
import type { PackFiles } from './files.ts';

/** Folders whose YAML files are read. */
const readFolders = ['actions', 'workflows', 'triggers', 'rules', 'tests'];

/** Where the tests of a pack's workflows stand. */
export const testFolder = 'tests';

export const isTestFile = (path: string): boolean => /\.test\.ya?ml$/.test(path);

/** Folders of the format that nothing carries out yet. */
const unsupportedFolders = ['sensors', 'queues', 'policies', 'permission_sets', 'runtimes'];

const isYaml = (path: string): boolean => /\.ya?ml$/.test(path);

/** The paths of the YAML files directly in a folder, sorted. */
export const yamlFilesIn = (files: PackFiles, folder: string): string[] =>
  [...files.keys()]
    .filter((path) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes('/') && isYaml(path))
    .sort();

/** Definitions that would be silently ignored: those of kinds nothing carries out yet, and those in a folder that is only nearly
 *  one that is read. */
export function strayDefinitions(files: PackFiles): Problem[] {
  return [...files.keys()].sort().flatMap((path): Problem[] => {
    const [folder, name, ...deeper] = path.split('/');
    if (folder === undefined || name === undefined || deeper.length > 0 || !isYaml(path)) return [];
    if (readFolders.includes(folder)) return [];
    if (unsupportedFolders.includes(folder)) {
      return [
        {
          message: `Definitions in ${folder}/ are not carried out yet: leave the file out`,
          file: path,
          line: 1,
          column: 1,
          code: 'unsupported',
        },
      ];
    }
    const meant = nearest(folder, [...readFolders, ...unsupportedFolders]);
    if (meant === undefined) return [];
    const message = `The folder ${folder}/ is not read. Did you mean "${meant}/"?`;
    return [{ message, file: path, line: 1, column: 1, code: 'unread_file' }];
  });
}

/** A YAML file of the pack; undefined if there is no such file. */
export function readYamlFile(files: PackFiles, path: string): YamlDocument | undefined {
  const file = files.get(path);
  if (file === undefined) return undefined;
  const text = plainText(file.content);
  return text === undefined ? refusedYaml(path, 'The file is not UTF-8 text', 'wrong_file') : readYaml(text, path);
}
