import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { executableMode, plainMode, type JsonObject, type PackFile, type PackFiles } from '@attune/core';
import { readExpectation, type Expectation } from './expectation.ts';

const home = join(import.meta.dirname, '..');
export const tourFolder = join(home, 'tour');
const packFolder = join(home, 'pack');

/** The keys that the tour's workflows read; all belong to its pack. */
export const tourKeys: JsonObject = { tour_password: 'hunter2', tour_limits: { most: 4 } };

/** One way to go through a workflow of the tour. */
export interface Case {
  /** `construct/workflow`, with `.scenario` behind it where the workflow has several. */
  name: string;
  /** The workflow's file, below the tour's folder. */
  file: string;
  /** The action that starts it. */
  ref: string;
  expectation: Expectation;
}

export interface Tour {
  cases: Case[];
  /** The pack of all workflows that can be registered, and of the actions they use. */
  files: PackFiles;
  /** The pack that a case is refused with: the actions, and the workflow that has problems. */
  refusedFiles(one: Case): PackFiles;
  /** Every workflow file, below the tour's folder. */
  workflows: string[];
}

/** The kinds of files of the tour by their endings, and where a pack has them. */
const places: [ending: string, place: (name: string) => string][] = [
  ['.expect.yaml', () => ''],
  ['.action.yaml', (name) => `actions/${name}.yaml`],
  ['.workflow.yaml', (name) => `actions/workflows/${name}.workflow.yaml`],
  ['.yaml', (name) => `workflows/${name}.yaml`],
];

/** Reads the whole tour. What is not sound about the expectations throws; what is not about the workflows is for their checks. */
export function readTour(): Tour {
  const paths = readdirSync(tourFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml'))
    .sort();
  const sorted = paths.map((path) => ({ path, ...kindOf(path) }));
  const workflows = sorted.filter(({ ending }) => ending === '.yaml' || ending === '.workflow.yaml');
  const cases = sorted
    .filter(({ ending }) => ending === '.expect.yaml')
    .map(({ path, folder, name }): Case => {
      const [workflow = ''] = name.split('.');
      const file = workflows.find((one) => one.folder === folder && one.name === workflow)?.path;
      if (file === undefined) throw new Error(`${path} belongs to no workflow: there is no ${workflow}.yaml beside it`);
      const expectation = readExpectation(readFileSync(join(tourFolder, path), 'utf8'), path);
      return { name: `${folder}/${name}`, file, ref: `tour.${workflow}`, expectation };
    });
  const refused = new Set(
    cases.filter(({ expectation }) => expectation.problems !== undefined).map(({ file }) => file),
  );
  const taken = new Set<string>();
  for (const { path, place } of sorted) {
    if (place !== '' && taken.has(place)) throw new Error(`${path} has the name of another file of the tour`);
    taken.add(place);
  }
  const base = readFiles(packFolder);
  const placed = (wanted: (path: string) => boolean): PackFiles =>
    new Map([
      ...base,
      ...sorted
        .filter(({ path, ending }) => ending !== '.expect.yaml' && wanted(path))
        .map(({ path, place }) => [place, fileAt(join(tourFolder, path))] as const),
    ]);
  return {
    cases,
    files: placed((path) => !refused.has(path)),
    refusedFiles: (one) => placed((path) => path === one.file),
    workflows: workflows.map(({ path }) => path),
  };
}

function kindOf(path: string): { folder: string; name: string; ending: string; place: string } {
  const [folder = '', base = ''] = path.split('/');
  for (const [ending, place] of places) {
    if (!base.endsWith(ending)) continue;
    const name = base.slice(0, -ending.length);
    return { folder, name, ending, place: place(name) };
  }
  throw new Error(`${path} is no file of the tour`);
}

const fileAt = (path: string): PackFile => ({
  content: readFileSync(path),
  mode: (statSync(path).mode & 0o100) === 0 ? plainMode : executableMode,
});

const readFiles = (folder: string): PackFiles =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), fileAt(path)] as const),
  );
