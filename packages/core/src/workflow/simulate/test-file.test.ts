import { expect, test } from 'vitest';
import { formatProblem } from '../../errors.ts';
import { SchemaDefs } from '../../yaml/json-schema.ts';
import { readYaml } from '../../yaml/document.ts';
import { checkTests } from './check-tests.ts';
import { runTest, type TestFailure } from './run-test.ts';
import { readTests, testFileShape } from './test-file.ts';
import { knowing, workflowOf } from './support.test-support.ts';

const actions = knowing([workflowOf('run-report.yaml')]);
const read = (text: string) => {
  const document = readYaml(text, 'tests/report.test.yaml');
  return { document, ...readTests(document) };
};

const problemsIn = (text: string): string[] => {
  const { document, value, problems } = read(text);
  return [...problems, ...checkTests(document, value ?? [], actions, ['tests.run_report'])].map(formatProblem);
};

/** The failures of each case: by its place, what was looked at, what was expected and what there was. */
const failuresIn = (text: string): string[][] => {
  const { document, value = [], problems } = read(text);
  expect(problems.map(formatProblem)).toEqual([]);
  return value.map((one) => runTest(document, one, actions).failures.map(lineOf));
};

const lineOf = ({ line, column, what, expected, got, note }: TestFailure): string =>
  [`${line}:${column} ${what}`, JSON.stringify(expected), JSON.stringify(got), note]
    .filter((part) => part !== undefined)
    .join(' | ');

const sound = `
workflow: tests.run_report
parameters: { query: sales }
results:
  submit: { data: { job_id: 7 } }
  probe: [{ data: { status: busy } }, { data: { status: done } }]
cases:
  - name: it asks until the job is done
    expect:
      status: completed
      sequence: [submit, probe, { any: [nap] }, probe, collect]
      tasks: { submit: completed, nap: completed }
      variables: { state: done, tries: 1 }
      output: { state: done, probes: 2 }
      skipped: []
  - name: it gives up
    parameters: { limit: 1 }
    results: { probe: { data: { status: busy } } }
    expect:
      tasks: { collect: not_run }
      output: { state: gave_up }
  - name: an answer that nobody expects fails the run
    results: { probe: { error: gone } }
    expect: { status: failed, failure: "task(s) failed: probe" }
`;

test('cases share what the file says, and replace it key by key', () => {
  expect(problemsIn(sound)).toEqual([]);
  expect(failuresIn(sound)).toEqual([[], [], []]);
});

test('a failure says where it was expected, what, and what there was', () => {
  const wrong = `
workflow: tests.run_report
parameters: { query: sales }
results: { submit: { data: { job_id: 7 } }, probe: { data: { status: done } } }
cases:
  - name: everything
    expect:
      status: failed
      failure: nothing
      sequence: [submit, nap, collect]
      skipped: [nap]
      tasks: { nap: completed }
      variables: { state: gone, other: 1 }
      output:
        state: done
        probes: [1, 2]
  - name: too few
    expect: { sequence: [submit, probe] }
  - name: too many
    expect: { sequence: [submit, probe, { any: [collect, nap] }] }
  - name: it cannot run
    parameters: { query: 7 }
    expect: { status: completed }
`;
  const order = 'tasks started in this order: submit, probe, collect';
  expect(failuresIn(wrong)).toEqual([
    [
      '8:15 status | "failed" | "completed"',
      '9:16 failure | "nothing"',
      `10:26 sequence[1] | "nap" | "probe" | ${order}`,
      '11:16 skipped | ["nap"] | []',
      '12:21 tasks.nap | "completed" | "not_run"',
      '13:27 variables.state | "gone" | "done"',
      '13:40 variables.other | 1',
      '16:17 output.probes | [1,2] | 1',
    ],
    [`18:25 sequence | [] | ["collect"] | after the last one; ${order}`],
    [`20:41 sequence[2] | {"any":["collect","nap"]} | ["collect"] | ${order}`],
    [
      `21:5 run | Invalid parameters for workflow 'tests.run_report'; /parameters/query: "query" must be a string, not the number 7`,
    ],
  ]);
});

test('everything wrong with a file is told at its place, with the nearest name', () => {
  expect(
    problemsIn(`
workflow: tests.run_reprot
cases:
  - name: one
    expcet: {}
    expect: { status: complete, sequence: [sumbit, { any: [] }, 3] }
  - name: two
    workflow: tests.run_report
    results: { prob: {} }
    expect:
      sequence: [submt, { any: [probe, nab] }]
      tasks: { colect: completed, submit: done }
      skipped: [napp]
      varables: {}
  - name: two
    workflow: tests.run_report
    expect: {}
`),
  ).toEqual([
    'tests/report.test.yaml:5:5: Unknown key "expcet". Did you mean "expect"?',
    'tests/report.test.yaml:6:23: "status" must be one of completed, failed, cancelled, not the text "complete". Did you mean "completed"?',
    'tests/report.test.yaml:6:59: "any" must be a list of at least 1, not one of 0',
    'tests/report.test.yaml:6:65: "sequence[2]" must be the name of a task, or a map such as { any: [left, right] }, not the number 3',
    'tests/report.test.yaml:14:7: Unknown key "varables". Did you mean "variables"?',
    'tests/report.test.yaml:12:43: "submit" must be one of completed, failed, skipped, cancelled, not_run, not the text "done"',
    'tests/report.test.yaml:17:13: "expect" is empty: a case must expect something, e.g. { status: completed }',
    'tests/report.test.yaml:15:11: There is a case of this name already, in line 7',
    'tests/report.test.yaml:2:11: There is no workflow tests.run_reprot here. Did you mean "tests.run_report"?',
    'tests/report.test.yaml:9:16: The workflow tests.run_report has no task "prob". Did you mean "probe"?',
    'tests/report.test.yaml:11:18: The workflow tests.run_report has no task "submt". Did you mean "submit"?',
    'tests/report.test.yaml:11:40: The workflow tests.run_report has no task "nab". Did you mean "nap"?',
    'tests/report.test.yaml:12:16: The workflow tests.run_report has no task "colect". Did you mean "collect"?',
    'tests/report.test.yaml:13:17: The workflow tests.run_report has no task "napp". Did you mean "nap"?',
  ]);
  expect(problemsIn('cases: [{ name: x, expect: { status: failed } }]')).toEqual([
    'tests/report.test.yaml:1:9: The key "workflow" is missing, here and at the top of the file; it must be a ref such as pack.name',
  ]);
});

test('skipped tasks, nested workflows and retries have their names in sequences', () => {
  const outer = workflowOf(`
ref: tests.deploy
version: "1"
parameters: { notify: { type: boolean, default: false } }
tasks:
  - { name: report, action: tests.run_report, input: { query: all }, next: [{ do: [mail] }] }
  - { name: mail, action: core.mail, when: parameters.notify, next: [{ do: [end] }] }
  - { name: end, action: core.noop, retry: { count: 1, delay: 5 } }
`);
  const document = readYaml(
    `
workflow: tests.deploy
cases:
  - name: all
    results:
      report: { tasks: { submit: { data: { job_id: 1 } }, probe: { data: { status: done } } } }
      end: [{ error: once }, {}]
    expect:
      sequence: [report, report/submit, report/probe, report/collect, end, end]
      skipped: [mail]
      status: completed
`,
    'tests/deploy.test.yaml',
  );
  const known = knowing([outer, workflowOf('run-report.yaml')]);
  const { value = [], problems } = readTests(document);
  expect([...problems, ...checkTests(document, value, known, [])]).toEqual([]);
  expect(value.map((one) => runTest(document, one, known).failures)).toEqual([[]]);
});

test('the format has a JSON Schema', () => {
  const defs = new SchemaDefs();
  const schema = defs.complete(testFileShape.schema(defs));
  expect(schema).toMatchObject({ type: 'object', additionalProperties: false, required: ['cases'] });
  expect(JSON.stringify(schema)).toContain('"not_run"');
});
