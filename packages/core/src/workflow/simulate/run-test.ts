import { AttuneError, formatProblem } from '../../errors.ts';
import { ownValue, type Json, type JsonObject } from '../../json.ts';
import { packOf } from '../../pack/names.ts';
import type { Place, YamlDocument } from '../../yaml/document.ts';
import { childPointer } from '../../yaml/pointer.ts';
import { differencesOf } from './differences.ts';
import { givenResults } from './given.ts';
import { pathText } from './key.ts';
import type { KnownActions } from './known-action.ts';
import { simulate } from './simulate.ts';
import type { Simulation } from './simulation.ts';
import type { Expectations, SequencePart, WorkflowTest } from './test-file.ts';

/** What came of one case. Plain JSON. */
export type TestOutcome = {
  name: string;
  workflow_ref: string;
  file: string;
  line: number;
  passed: boolean;
  /** Everything that is not as it was expected. */
  failures: TestFailure[];
};

export type TestFailure = {
  /** What was looked at: `status`, `sequence[2]`, `tasks.build`, `output.title` ... `run` where the run could not be simulated at all. */
  what: string;
  file: string;
  line: number;
  column: number;
  /** Absent where nothing was expected there. */
  expected?: Json;
  /** Absent where there was nothing. */
  got?: Json;
  /** What else helps. */
  note?: string;
};

/** Most places at which one value is told to differ. */
const mostDifferences = 5;

/** Simulates a case and compares what came of it with what was expected. */
export function runTest(document: YamlDocument, test: WorkflowTest, actions: KnownActions): TestOutcome {
  const place = placeIn(document);
  const failures = ((): Found[] => {
    try {
      return mismatches(test.expect, simulated(test, actions));
    } catch (error) {
      if (!(error instanceof AttuneError)) throw error;
      const note = [error.message, ...error.details.map(formatProblem)].join('; ');
      return [{ what: 'run', pointer: '', expected: undefined, got: undefined, note }];
    }
  })().map(({ what, pointer, expected, got, note }): TestFailure => {
    const at = pointer === '' ? test.pointer : `${test.pointer}/expect${pointer}`;
    return {
      what,
      file: document.file,
      ...place(at),
      ...(expected === undefined ? {} : { expected }),
      ...(got === undefined ? {} : { got }),
      ...(note === undefined ? {} : { note }),
    };
  });
  return {
    name: test.name,
    workflow_ref: test.workflow.value,
    file: document.file,
    line: document.at(test.pointer).line,
    passed: failures.length === 0,
    failures,
  };
}

const placeIn =
  (document: YamlDocument) =>
  (pointer: string): Place => {
    const { line, column } = document.at(pointer);
    return { line, column };
  };

/** A mismatch, its pointer one into `expect`. */
interface Found {
  what: string;
  pointer: string;
  expected: Json | undefined;
  got: Json | undefined;
  note?: string;
}

const simulated = (test: WorkflowTest, actions: KnownActions): Simulation => {
  const { value: ref } = test.workflow;
  return simulate({
    ref,
    actions,
    parameters: test.parameters,
    vars: test.vars,
    settings: (pack) => ({ config: pack === packOf(ref) ? test.config : {}, conf_schema: null }),
    // what a test gives is no secret, and what comes of it is what it is about
    shows_secrets: true,
    keystore: test.keystore,
    source: givenResults(test.results),
  });
};

function mismatches(expect: Expectations, simulation: Simulation): Found[] {
  const { status, result, variables, tasks } = simulation;
  const error = ownValue(result, 'error');
  return [
    ...(expect.status === undefined || expect.status === status
      ? []
      : [{ what: 'status', pointer: '/status', expected: expect.status, got: status, ...noteOf(error) }]),
    ...(expect.failure === undefined ? [] : failureMismatch(expect.failure, error)),
    ...(expect.sequence === undefined ? [] : sequenceMismatch(expect.sequence, startsIn(simulation))),
    ...(expect.skipped === undefined ? [] : skippedMismatch(expect.skipped, skippedIn(simulation))),
    ...valueMismatches('tasks', expect.tasks, tasks),
    ...valueMismatches('variables', expect.variables, variables),
    ...valueMismatches('output', expect.output, result),
  ];
}

const noteOf = (error: Json | undefined): { note?: string } => (typeof error === 'string' ? { note: error } : {});

function failureMismatch(expected: string, error: Json | undefined): Found[] {
  if (typeof error === 'string' && error.includes(expected)) return [];
  return [{ what: 'failure', pointer: '/failure', expected, got: error }];
}

/** Every start, by its path. */
const startsIn = ({ steps }: Simulation): string[] =>
  steps.flatMap((step) =>
    step.kind === 'successor' ? [pathText(step.run, step)] : step.started.map((start) => pathText(step.run, start)),
  );

const skippedIn = ({ steps }: Simulation): string[] =>
  steps.flatMap((step) =>
    step.kind === 'successor'
      ? []
      : step.decision.targets
          .filter(({ fate }) => fate === 'skipped')
          .map(({ task, visit = 1 }) => pathText(step.run, { task, visit, attempt: 1, item: null })),
  );

/** The first start that is another one; what follows it would be, too. */
function sequenceMismatch(expected: readonly SequencePart[], starts: readonly string[]): Found[] {
  const note = `tasks started in this order: ${starts.join(', ') || '(none)'}`;
  let at = 0;
  for (const [index, part] of expected.entries()) {
    const names = typeof part === 'string' ? [part] : part.any;
    const got = starts.slice(at, at + names.length);
    if (differencesOf(names.toSorted(), got.toSorted()).length > 0) {
      const found = typeof part === 'string' ? got[0] : got;
      return [{ what: `sequence[${index}]`, pointer: `/sequence/${index}`, expected: part, got: found, note }];
    }
    at += names.length;
  }
  const more = starts.slice(at);
  if (more.length === 0) return [];
  return [{ what: 'sequence', pointer: '/sequence', expected: [], got: more, note: `after the last one; ${note}` }];
}

function skippedMismatch(expected: readonly string[], skipped: readonly string[]): Found[] {
  const [wanted, got] = [[...new Set(expected)].sort(), [...new Set(skipped)].sort()];
  return differencesOf(wanted, got).length === 0
    ? []
    : [{ what: 'skipped', pointer: '/skipped', expected: wanted, got }];
}

/** Looks at the keys that are expected, and at all that is in their values. */
function valueMismatches(what: string, expected: JsonObject | undefined, got: JsonObject): Found[] {
  return Object.entries(expected ?? {}).flatMap(([key, value]) =>
    differencesOf(value, ownValue(got, key), childPointer('', key))
      .slice(0, mostDifferences)
      .map(({ pointer, one, other }) => ({
        what: `${what}${nameOf(pointer)}`,
        pointer: `/${what}${pointer}`,
        expected: one,
        got: other,
      })),
  );
}

/** A pointer as people read it: `.authors[0].name`. */
const nameOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`))
    .join('');
