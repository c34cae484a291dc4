import { expect, test } from 'vitest';
import { formatProblem } from '../../errors.ts';
import { readYaml } from '../../yaml/document.ts';
import { checkResults, readResults } from './results-file.ts';
import { knowing, workflowOf } from './support.test-support.ts';

const workflow = workflowOf('run-report.yaml');

const problemsIn = (text: string): string[] => {
  const document = readYaml(text, 'results.yaml');
  const { value, problems } = readResults(document);
  const more = value === undefined ? [] : checkResults(document, value, workflow, knowing([workflow]));
  return [...problems, ...more].map(formatProblem);
};

test('a sound file of results, as YAML and as JSON', () => {
  expect(
    problemsIn('submit: { data: { job_id: 7 } }\nprobe:\n  - { error: gone }\n  - { visit: 2, duration: 1.5 }\n'),
  ).toEqual([]);
  expect(problemsIn('{"submit": {"result": {"job_id": 9007199254740993}}}')).toEqual([]);
});

test('everything wrong is told at its place, with the nearest name', () => {
  expect(
    problemsIn(`submt: {}
probe:
  - { outcome: succeded, atempt: 1 }
  - { duration: -1, visit: 0 }
  - { result: 1, data: {}, error: no }
  - { outcome: succeeded, error: no }
  - done
nap: []
collect: { tasks: { x: {} }, data: {} }
submit: { item: 0 }
`),
  ).toEqual([
    'results.yaml:3:26: Unknown key "atempt". Did you mean "attempt"?',
    'results.yaml:3:16: "outcome" must be one of succeeded, failed, timed_out, abandoned, cancelled, not the text "succeded". Did you mean "succeeded"?',
    'results.yaml:4:28: "visit" must be an integer of 1 or more, not the number 0',
    'results.yaml:4:17: "duration" must be seconds, 0 or more, not the number -1',
    'results.yaml:5:18: "data" cannot stand beside "result": "result" is the whole result; they are parts of it',
    'results.yaml:5:28: "error" cannot stand beside "result": "result" is the whole result; they are parts of it',
    'results.yaml:6:27: An attempt that succeeded has no error',
    'results.yaml:7:5: A result must be a map such as { data: { id: 7 } } or { error: no answer }, not the text "done"',
    'results.yaml:8:6: A list of results must hold at least one',
    'results.yaml:9:30: "data" cannot stand beside "tasks": how a nested workflow ends follows from its tasks',
    'results.yaml:1:1: The workflow tests.run_report has no task "submt". Did you mean "submit"?',
    'results.yaml:9:12: The action tests.fetch of this task is no workflow that is known here: give its "data" or "result"',
    'results.yaml:10:11: The task "submit" has no items: it has no "with_items"',
  ]);
});

test('results of nested tasks are checked by the nested workflow', () => {
  const inner = workflowOf('ref: tests.fetch\nversion: "1"\ntasks: [{ name: load, action: core.noop }]');
  const document = readYaml('collect: [{ tasks: { laod: {} } }]', 'results.yaml');
  const { value = {} } = readResults(document);
  expect(checkResults(document, value, workflow, knowing([workflow, inner])).map(formatProblem)).toEqual([
    'results.yaml:1:22: The workflow tests.fetch has no task "laod". Did you mean "load"?',
  ]);
});
