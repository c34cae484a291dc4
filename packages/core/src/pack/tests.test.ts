import { expect, test } from 'vitest';
import { formatProblem } from '../errors.ts';
import { plainMode, type PackFile } from './files.ts';
import { nothingKnown, type Known } from './known.ts';
import { loadPack } from './load.ts';

const files = (texts: Record<string, string>) =>
  new Map(
    Object.entries({
      'pack.yaml': 'ref: xs\nversion: 1.0.0\n',
      'workflows/flow.yaml': 'ref: xs.flow\nversion: "1"\ntasks: [{ name: one, action: xs.do }]\n',
      'actions/do.yaml': 'ref: xs.do\nentry_point: do.sh\n',
      'actions/do.sh': 'true\n',
      ...texts,
    }).map(([path, text]): [string, PackFile] => [path, { content: new TextEncoder().encode(text), mode: plainMode }]),
  );

const problemsOf = (texts: Record<string, string>) => loadPack(files(texts)).problems.map(formatProblem);

const sound = 'workflow: xs.flow\ncases: [{ name: runs, expect: { sequence: [one] } }]\n';

test('a pack may have tests, and other things beside them in folders', () => {
  const texts = { 'tests/flow.test.yaml': sound, 'tests/data/push.yaml': '{}', 'tests/README.md': 'hello' };
  expect(problemsOf(texts)).toEqual([]);
  expect(loadPack(files(texts)).pack?.files.map(({ path }) => path)).toContain('tests/flow.test.yaml');
});

test('what is wrong with a test is wrong with the pack', () => {
  expect(
    problemsOf({
      'tests/flow.test.yaml': sound.replace('xs.flow', 'xs.flwo').replace('sequence', 'sequense'),
      'tests/other.yaml': sound,
      'test/more.test.yaml': sound,
    }),
  ).toEqual(
    [
      'test/more.test.yaml:1:1: The folder test/ is not read. Did you mean "tests/"?',
      'tests/flow.test.yaml:1:11: There is no workflow xs.flwo here. Did you mean "xs.flow"?',
      'tests/flow.test.yaml:2:33: Unknown key "sequense". Did you mean "sequence"?',
      'tests/other.yaml:1:1: The file is not read: a test file is named *.test.yaml',
    ].sort(),
  );
});

test('tests of a workflow that cannot be read are not judged', () => {
  expect(problemsOf({ 'tests/flow.test.yaml': sound, 'workflows/flow.yaml': 'ref: xs.flow\nversion: "1"\n' })).toEqual([
    'workflows/flow.yaml:1:1: The key "tasks" is missing; it must be a list of at least 1',
  ]);
});

test('of a nested workflow of another pack nobody knows the tasks, so they are taken for right', () => {
  const nesting = 'ref: xs.flow\nversion: "1"\ntasks: [{ name: one, action: y.flow }, { name: two, action: xs.do }]\n';
  const results = 'results: { one: { tasks: { a: {} } }, two: { tasks: { a: {} } } }\n';
  const known: Known = { ...nothingKnown, action: () => ({ parameters: null }) };
  const { problems } = loadPack(
    files({ 'workflows/flow.yaml': nesting, 'tests/flow.test.yaml': results + sound }),
    known,
  );
  expect(problems.map(formatProblem)).toEqual([
    'tests/flow.test.yaml:1:46: The action xs.do of this task is no workflow that is known here: give its "data" or "result"',
  ]);
});
