import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { definitionIn } from '../../../test/workflow/play.ts';
import { formatProblem } from '../../errors.ts';
import { contentHash } from '../../hash.ts';
import { parseJson, stringifyJson, type Json } from '../../json.ts';
import { readYaml } from '../../yaml/document.ts';
import { parseWorkflow, type ParsedWorkflow, type WorkflowAction } from './parse.ts';

const parse = (text: string, action?: WorkflowAction): ParsedWorkflow =>
  parseWorkflow(readYaml(text, 'w.yaml'), action);
const problemsIn = (text: string): string[] => parse(text).problems.map(formatProblem);

/** The problems of a workflow with these lines of one task `a`, which begin in line 6 column 5, beside a sound task `b`. */
const problemsOfTask = (...lines: string[]): string[] =>
  problemsIn(
    ['ref: p.w', 'version: "1"', 'vars: { count: 1 }', 'parameters: { host: { type: string } }', 'tasks:']
      .concat(
        ['  - name: a', '    action: core.noop'],
        lines.map((line) => `    ${line}`),
      )
      .concat(['  - { name: b, action: core.noop }'])
      .join('\n'),
  );

const action: WorkflowAction = {
  ref: 'p.deploy',
  label: 'Deploy',
  description: 'Puts it there',
  parameters: { host: { type: 'string' } },
  output: null,
  tags: ['ops'],
};

test('a graph file takes from its action what it does not say itself, and always its parameters', () => {
  const text =
    'version: "2.0.0"\nlabel: Own\nparameters: { other: { type: string } }\ntasks: [{ name: a, action: p.b }]';
  const { workflow, problems } = parse(text, action);
  expect(problems).toEqual([]);
  expect(workflow).toEqual({
    ref: 'p.deploy',
    label: 'Own',
    description: 'Puts it there',
    version: '2.0.0',
    parameters: { host: { type: 'string' } },
    output: null,
    vars: {},
    tasks: [
      {
        name: 'a',
        action: 'p.b',
        input: {},
        when: null,
        with_items: null,
        batch_size: null,
        concurrency: null,
        delay: 0,
        join: null,
        retry: null,
        timeout: null,
        on_worker_lost: null,
        next: [],
      },
    ],
    output_map: null,
    tags: ['ops'],
    cancellation_policy: 'allow_finish',
    max_visits: 1000,
  });
});

test('a file that is a workflow by itself needs its ref', () => {
  expect(problemsIn('version: "1"\ntasks: [{ name: a, action: p.b }]')).toEqual([
    'w.yaml:1:1: The key "ref" is missing; it must be pack.name',
  ]);
  expect(parse('ref: p.send_mail\nversion: "1"\ntasks: [{ name: a, action: p.b }]').workflow?.label).toBe('Send Mail');
});

test('every problem is told at once, in the order of the file', () => {
  const text = `ref: p.w
verson: "1"
version: 1.0
vars: [x]
tasks:
  - name: a
    action: noop
    nxt: []
    next:
      - do: [bb, c]
        when: succeeded( and
      - publsh: []
  - name: b
    action: core.noop
    input: { x: "{{ 1 + }}" }
  - name: b
    action: core.noop
    next: [{ do: [fail, noop] }]
  - name: c2
  - action: core.noop
`;
  expect(problemsIn(text)).toEqual([
    'w.yaml:2:1: Unknown key "verson". Did you mean "version"?',
    'w.yaml:3:10: "version" must be a text, not the number 1; put quotes around it: "1.0"',
    'w.yaml:4:7: "vars" must be a map, not a list',
    'w.yaml:7:13: "action" must be a ref of the form pack.name (a-z, then a-z 0-9 _ -), not the text "noop"',
    'w.yaml:8:5: Unknown key "nxt". Did you mean "next"?',
    'w.yaml:10:14: Task "a" leads to "bb", which is no task. Did you mean "b"?',
    'w.yaml:10:18: Task "a" leads to "c", which is no task. Did you mean "a"?',
    expect.stringMatching(/^w\.yaml:11:26: /),
    'w.yaml:12:9: Unknown key "publsh". Did you mean "publish"?',
    expect.stringMatching(/^w\.yaml:15:25: /),
    'w.yaml:16:11: There is a task "b" already, in line 13',
    'w.yaml:19:5: The key "action" is missing; it must be a ref of the form pack.name (a-z, then a-z 0-9 _ -)',
    'w.yaml:20:5: The key "name" is missing; it must be a text',
  ]);
});

test.each(['noop', 'fail', 'item', 'task', '__proto__'])('no task can be named %s', (name) => {
  expect(problemsIn(`ref: p.w\nversion: "1"\ntasks: [{ name: ${name}, action: p.b }]`)).toEqual([
    expect.stringMatching(/^w\.yaml:3:17: A task cannot be named/),
  ]);
});

test.each([
  ['join: 0', 'w.yaml:8:11: "join" must be an integer of 1 or more, not the number 0'],
  ['join: some', 'w.yaml:8:11: "join" must be all, not the text "some"'],
  ['join: 1', 'w.yaml:8:11: "join" is 1, but no transition leads to this task'],
  ['retry: { count: 101, delay: 1 }', 'w.yaml:8:21: "count" must be an integer from 1 to 100, not the number 101'],
  ['retry: { count: 1, delay: 5, max_delay: 4 }', 'w.yaml:8:45: "max_delay" is 4, less than "delay", which is 5'],
  ['retry: { count: 1 }', 'w.yaml:8:12: The key "delay" is missing; it must be an integer from 0 to 31536000'],
  ['timeout: 0', 'w.yaml:8:14: "timeout" must be an integer from 1 to 31536000, not the number 0'],
  ['input: inherits', 'w.yaml:8:12: "input" must be inherit, not the text "inherits". Did you mean "inherit"?'],
  ['input: [1]', 'w.yaml:8:12: "input" must be a map, or the word inherit, not a list'],
  ['next: [{ publish: [{ "a b": 1 }] }]', 'w.yaml:8:26: "a b" must be a variable name (letters, digits, _ and -)'],
  [
    'type: parallel',
    'w.yaml:8:11: Tasks of the type "parallel" are not available: let several tasks stand in one "do"',
  ],
  [
    'with_items: [1, 2]',
    'w.yaml:8:17: "with_items" must be an expression that gives a list; write the list inside it, "{{ [1, 2] }}", or keep it in "vars"',
  ],
  [
    'with_items: 3',
    'w.yaml:8:17: "with_items" must be an expression that gives a list, e.g. "{{ parameters.hosts }}", not the number 3',
  ],
  ['with_items: "{{ cuont }}"', 'w.yaml:8:21: There is no variable "cuont". Did you mean "count"?'],
  ['with_items: "{{ item }}"', 'w.yaml:8:21: "item" exists only in the "input" of a task with "with_items"'],
  ['batch_size: 0', 'w.yaml:8:17: "batch_size" must be an integer of 1 or more, not the number 0'],
  ['concurrency: 0', 'w.yaml:8:18: "concurrency" must be an integer of 1 or more, not the number 0'],
  [
    'concurrency: [1]',
    'w.yaml:8:18: "concurrency" must be an integer of 1 or more, or an expression that gives one, not a list',
  ],
  ['concurrency: cuont', 'w.yaml:8:18: There is no variable "cuont". Did you mean "count"?'],
  ['concurrency: "{{ cuont }}"', 'w.yaml:8:22: There is no variable "cuont". Did you mean "count"?'],
  [
    'permission_set_refs: [standard]',
    'w.yaml:8:5: "permission_set_refs" is not available in this version; leave it out',
  ],
  ['permission_set_ref: a.b', 'w.yaml:8:5: "permission_set_ref" is not available in this version; leave it out'],
  ['worker_affinity: { a: b }', 'w.yaml:8:5: "worker_affinity" is not available in this version; leave it out'],
  ['worker_tolerations: [a]', 'w.yaml:8:5: "worker_tolerations" is not available in this version; leave it out'],
  ['worker_selector: { gpu: "yes" }', 'w.yaml:8:5: "worker_selector" is not available in this version; leave it out'],
  ['decision: [{ next: b }]', 'w.yaml:8:16: A branch needs "when", or "default: true"'],
  [
    'decision: [{ next: b, default: true }, { next: b, default: true }]',
    'w.yaml:8:44: A decision can have one default branch',
  ],
])('%s', (line, problem) => {
  expect(problemsOfTask(line)).toEqual([problem]);
});

test.each([
  ['when: cuont > 1', 'w.yaml:8:11: There is no variable "cuont". Did you mean "count"?'],
  ['when: "not host"', 'w.yaml:8:16: There is no variable "host". Did you mean parameters.host?'],
  ['when: b.x', 'w.yaml:8:11: There is no variable "b". Did you mean task.b?'],
  ['when: item > 1', 'w.yaml:8:11: "item" exists only in the "input" of a task with "with_items"'],
  ['when: succeeded', 'w.yaml:8:11: There is no variable "succeeded". "succeeded" is a function: write succeeded()'],
  ['when: parameters.hots == 1', 'w.yaml:8:22: There is no parameter "hots". Did you mean "host"?'],
  ['when: task.c.x', 'w.yaml:8:16: There is no task "c". Did you mean "a"?'],
  ['when: system.now', 'w.yaml:8:18: There is no field "now".'],
  ['input: { x: ["{{ workflow.cout }}"] }', 'w.yaml:8:31: There is no variable "cout". Did you mean "count"?'],
  ['next: [{ publish: [{ x: "{{ tsk.b }}" }] }]', 'w.yaml:8:33: There is no variable "tsk". Did you mean "task"?'],
])('an unknown name: %s', (line, problem) => {
  expect(problemsOfTask(line)).toEqual([problem]);
});

test('functions and their arguments are checked', () => {
  expect(problemsOfTask('when: lenght(count) > 1 or length() > 1')).toEqual([
    expect.stringMatching(/^w\.yaml:8:11: There is no function "lenght"\. Did you mean "length"\?/),
    expect.stringMatching(/^w\.yaml:8:32: length takes 1 argument, not 0/),
  ]);
});

test('item and index are known in the input of a task with items, and nowhere else', () => {
  const items = ['with_items: "{{ [1] }}"', 'concurrency: count'];
  expect(problemsOfTask(...items, 'input: { x: ["{{ item + index }}"] }')).toEqual([]);
  expect(problemsOfTask(...items, 'when: index > 1', 'next: [{ when: item > 1 }]')).toEqual([
    'w.yaml:10:11: "index" exists only in the "input" of a task with "with_items"',
    'w.yaml:11:20: "item" exists only in the "input" of a task with "with_items"',
  ]);
  expect(problemsOfTask('input: { x: "{{ item }}" }')).toEqual([
    'w.yaml:8:21: "item" exists only in the "input" of a task with "with_items"',
  ]);
});

test('what says of items nothing that it could is a warning', () => {
  const text = `ref: p.w
version: "1"
vars: { hosts: [a] }
tasks:
  - { name: a, action: p.b, with_items: vars.hosts }
  - { name: b, action: p.b, batch_size: 5, concurrency: 2 }
`;
  const { problems, warnings } = parse(text);
  expect(problems).toEqual([]);
  expect(warnings.map(formatProblem)).toEqual([
    'w.yaml:5:41: "with_items" is a text here, which makes one item; for a list write one expression, "{{ vars.hosts }}"',
    'w.yaml:6:29: "batch_size" does nothing without "with_items"',
    'w.yaml:6:44: "concurrency" does nothing without "with_items"',
  ]);
});

test('names that are only published are known, wherever they are published', () => {
  expect(problemsOfTask('when: later and workflow.whole', 'next: [{ publish: [{ later: 1 }, whole] }]')).toEqual([]);
});

test('an expression over several lines is found in its own line', () => {
  expect(problemsOfTask('when: |', '  count > 1 and', '    nothing == 2')).toEqual([
    'w.yaml:10:9: There is no variable "nothing".',
  ]);
});

test('without a schema for the parameters any of them may be named', () => {
  expect(problemsIn('ref: p.w\nversion: "1"\ntasks: [{ name: a, action: p.b, when: parameters.x }]')).toEqual([]);
});

test('a join that no round of its loop can meet is told', () => {
  const text = (join: number): string => `ref: p.w
version: "1"
tasks:
  - { name: one, action: p.b, next: [{ do: [head] }] }
  - { name: two, action: p.b, next: [{ do: [head] }] }
  - { name: head, action: p.b, join: ${join}, next: [{ do: [body] }] }
  - { name: body, action: p.b, next: [{ do: [head] }] }
`;
  expect(problemsIn(text(2))).toEqual([]);
  expect(problemsIn(text(3))).toEqual([
    'w.yaml:6:38: "join" is 3, but at most 2 task(s) can lead to this one in one round of its loop',
  ]);
});

test('what may surprise is a warning: disabled older keys, and side tasks of loops', () => {
  const text = `ref: p.w
version: "1"
tasks:
  - name: a
    action: p.b
    on_failure: b
    next: [{ do: [a, b] }]
  - { name: b, action: p.b }
`;
  const { problems, warnings } = parse(text);
  expect(problems).toEqual([]);
  expect(warnings.map(formatProblem)).toEqual([
    'w.yaml:6:5: "on_failure" does nothing beside "next"',
    'w.yaml:7:22: "b" is outside the loop of "a" and runs once for each iteration that leads to it',
  ]);
});

test('text that is no YAML is told as such', () => {
  expect(problemsIn('tasks: [')).toEqual([expect.stringMatching(/^w\.yaml:1:\d+: /)]);
});

test('older keys become transitions in their order', () => {
  const [a, b, c] = definitionIn('fixtures/legacy.yaml').tasks;
  expect(a?.next).toEqual([
    { when: 'succeeded()', publish: [{ out: '{{ result() }}' }], do: ['b'] },
    { when: 'failed()', publish: [], do: ['c'] },
    { when: null, publish: [], do: ['d'] },
    { when: 'timed_out()', publish: [], do: ['e'] },
  ]);
  expect(b?.next).toEqual([
    { when: 'result().x > 1', publish: [{ seen: true }], do: ['c'] },
    { when: null, publish: [], do: ['d'] },
  ]);
  expect(c?.next).toEqual([{ when: 'succeeded()', publish: [{ only: '{{ result() }}' }], do: [] }]);
});

const fixtures = readdirSync(join(import.meta.dirname, '..', 'fixtures'));

test.each(fixtures)('%s is plain JSON with a hash that survives storage', (fixture) => {
  const definition = definitionIn(`fixtures/${fixture}`) as unknown as Json;
  const stored = parseJson(stringifyJson(definition));
  expect(stored).toEqual(definition);
  expect(contentHash(stored)).toBe(contentHash(definition));
});
