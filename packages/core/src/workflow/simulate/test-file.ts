import type { Problem } from '../../errors.ts';
import { isJsonObject, type JsonObject } from '../../json.ts';
import { refForm } from '../../pack/names.ts';
import { problemAt, type YamlDocument } from '../../yaml/document.ts';
import {
  anyMap,
  checkShape,
  choice,
  defaulted,
  isText,
  list,
  map,
  optional,
  record,
  required,
  text,
  word,
  type Checked,
  type Shape,
  type Shaped,
} from '../../yaml/shape.ts';
import { located, type Located } from '../file/located.ts';
import type { GivenResults } from './given.ts';
import { resultsShape } from './results-file.ts';
import type { TaskStanding } from './simulation.ts';

/** One case of a test file, with what the file says for all of them. */
export interface WorkflowTest {
  name: string;
  /** Of the case, in its file. */
  pointer: string;
  workflow: Located<string>;
  parameters: JsonObject;
  vars: JsonObject;
  config: JsonObject;
  keystore: JsonObject;
  results: GivenResults;
  expect: Expectations;
}

/** What is looked at, and only that. */
export interface Expectations {
  status?: 'completed' | 'failed' | 'cancelled';
  /** Every start, in order. */
  sequence?: SequencePart[];
  tasks?: Record<string, TaskStanding>;
  /** These variables; others may be there. */
  variables?: JsonObject;
  /** These keys of the result; others may be there. */
  output?: JsonObject;
  /** Every task that was skipped, in any order. */
  skipped?: string[];
  /** Part of the error of a run that failed. */
  failure?: string;
}

/** One start, or several in any order. */
export type SequencePart = string | { any: string[] };

const sequencePart = (): Shape<SequencePart> =>
  choice<SequencePart>('the name of a task, or a map such as { any: [left, right] }', [
    [isText, text()],
    [isJsonObject, record({ any: required(list(text(), { atLeast: 1 })) })],
  ]);

const expectations = record(
  {
    status: optional(word('completed', 'failed', 'cancelled')),
    sequence: optional(list(sequencePart())),
    tasks: optional(map(word('completed', 'failed', 'skipped', 'cancelled', 'not_run'))),
    variables: optional(anyMap()),
    output: optional(anyMap()),
    skipped: optional(list(text())),
    failure: optional(text()),
  },
  {
    about: {
      status: 'How the run ends',
      sequence: 'Every start in order; { any: [left, right] } takes several in any order',
      tasks: 'How tasks stand at the end; not_run: nothing led there',
      variables: 'Variables at the end; those not named are not looked at',
      output: 'Keys of the result; those not named are not looked at',
      skipped: 'Every task that is skipped, in any order',
      failure: 'Part of the error with which the run fails',
    },
  },
);

const settings = () => ({
  workflow: optional(located(text({ form: refForm }))),
  parameters: defaulted(anyMap(), {}),
  vars: defaulted(anyMap(), {}),
  config: defaulted(anyMap(), {}),
  keystore: defaulted(anyMap(), {}),
  results: defaulted(resultsShape(), {}),
});

const aboutSettings = {
  workflow: 'Ref of the workflow',
  parameters: 'Parameters of the run',
  vars: 'Variables that begin with other values than the file says',
  config: "Configuration of the workflow's pack",
  keystore: 'Keys by name',
  results: 'How attempts end, by task; those not named succeed with an empty output',
};

const testCase = record(
  { name: required(text({ maxLength: 255 })), ...settings(), expect: required(expectations) },
  { about: { name: 'What the case shows', ...aboutSettings, expect: 'What has to come of it' } },
);

/** A file of `tests/`. */
export const testFileShape = record(
  { ...settings(), cases: required(list(located(testCase), { atLeast: 1 })) },
  { about: { ...aboutSettings, cases: 'The cases; what one leaves out is as the file says above' } },
);

/** Reads a test file. A case has what the file says for all cases, replaced key by key by what it says itself. */
export function readTests(document: YamlDocument): Checked<WorkflowTest[]> {
  const { value: file, problems } = checkShape(document, testFileShape);
  if (file === undefined) return { value: undefined, problems };
  const tests = file.cases.flatMap(({ pointer, value }) => {
    const workflow = value.workflow ?? file.workflow;
    if (workflow === undefined) {
      const message =
        'The key "workflow" is missing, here and at the top of the file; it must be a ref such as pack.name';
      problems.push(problemAt(document, pointer, message, 'missing_key'));
      return [];
    }
    const isSound = !problems.some((problem) => problem.pointer?.startsWith(`${pointer}/expect/`));
    if (isSound && Object.keys(value.expect).length === 0) {
      const message = '"expect" is empty: a case must expect something, e.g. { status: completed }';
      problems.push(problemAt(document, `${pointer}/expect`, message, 'wrong_value'));
    }
    return [{ ...merged(file, value), name: value.name, pointer, workflow, expect: value.expect }];
  });
  return { value: tests, problems: [...problems, ...repeatedNames(document, tests)] };
}

type Settings = Pick<Shaped<typeof testCase>, 'parameters' | 'vars' | 'config' | 'keystore' | 'results'>;

const merged = (file: Settings, own: Settings): Settings => ({
  parameters: { ...file.parameters, ...own.parameters },
  vars: { ...file.vars, ...own.vars },
  config: { ...file.config, ...own.config },
  keystore: { ...file.keystore, ...own.keystore },
  results: { ...file.results, ...own.results },
});

function repeatedNames(document: YamlDocument, tests: readonly WorkflowTest[]): Problem[] {
  const first = new Map<string, number>();
  return tests.flatMap(({ name, pointer }) => {
    const line = first.get(name);
    if (line === undefined) first.set(name, document.at(pointer).line);
    if (line === undefined) return [];
    return [
      problemAt(document, `${pointer}/name`, `There is a case of this name already, in line ${line}`, 'wrong_value'),
    ];
  });
}
