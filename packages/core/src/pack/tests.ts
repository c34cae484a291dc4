import type { Problem } from '../errors.ts';
import { checkTests } from '../workflow/simulate/check-tests.ts';
import type { KnownActions } from '../workflow/simulate/known-action.ts';
import { readTests, type WorkflowTest } from '../workflow/simulate/test-file.ts';
import type { YamlDocument } from '../yaml/document.ts';
import type { PackFiles } from './files.ts';
import { isTestFile, readYamlFile, testFolder, yamlFilesIn } from './folder.ts';

export interface LoadedTests {
  /** In the order of the file names. */
  files: { document: YamlDocument; tests: WorkflowTest[] }[];
  problems: Problem[];
}

/** Reads the tests of a pack: the files `tests/*.test.yaml`. Other YAML files there would never run, so they are refused; what stands in
 *  folders below is left alone.
 *  @param refs of the pack's workflows. */
export function loadTests(files: PackFiles, actions: KnownActions, refs: readonly string[]): LoadedTests {
  const loaded: LoadedTests = { files: [], problems: [] };
  for (const path of yamlFilesIn(files, testFolder)) {
    if (!isTestFile(path)) {
      const message = `The file is not read: a test file is named *.test.yaml`;
      loaded.problems.push({ message, file: path, line: 1, column: 1, code: 'unread_file' });
      continue;
    }
    const document = readYamlFile(files, path);
    if (document === undefined) continue;
    const { value: tests = [], problems } = readTests(document);
    loaded.problems.push(...problems, ...checkTests(document, tests, actions, refs));
    loaded.files.push({ document, tests });
  }
  return loaded;
}
