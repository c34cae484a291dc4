import { stringifyJson, type Json, type JsonObject } from '@attune/core';
import { expect } from 'vitest';
import { blurred, type ExpectedRun } from './expectation.ts';
import { isAllowed } from './order.ts';
import { keyOf, type RunKey } from './run-key.ts';

/** What a run of a workflow has shown, wherever it was carried out. */
export interface ObservedRun {
  status: string;
  output: Json;
  variables: JsonObject;
  /** Runs of tasks that were skipped, in this order. */
  skipped: string[];
  /** In the order of their starts. */
  attempts: ObservedAttempt[];
  /** Most items of a task that were under way at one time. */
  at_once: Record<string, number>;
  decisions: Json[];
  /** What is wrong with its record: deciding everything again gives something else. Null: nothing is. */
  disagreement: string | null;
}

export interface ObservedAttempt extends RunKey {
  status: string;
  /** Whether it began. */
  started: boolean;
  input: Json;
  result: Json;
  /** Seconds that it had to wait before it could start. */
  waited: number;
  /** The run of the workflow that it is. */
  within: ObservedRun | null;
}

/** Compares what a run has shown with what it was to show. The error tells file, expected, got and the decisions. */
export function expectRun(file: string, observed: ObservedRun, expected: ExpectedRun): void {
  const got = inTermsOf(observed, expected);
  expect(got, `${file}\n${tellDecisions(observed)}\n`).toEqual(inOwnTerms(expected));
}

/** The expectation as it is compared: members with a null prototype and the order are what the other side has, too. */
const inOwnTerms = ({ within, ...expected }: ExpectedRun): Record<string, unknown> => ({
  ...expected,
  disagreement: null,
  within: Object.fromEntries(Object.entries(within).map(([key, nested]) => [key, inOwnTerms(nested)])),
});

/** What was shown, in the shape of what was expected, so that the difference is all that is told. */
function inTermsOf(observed: ObservedRun, expected: ExpectedRun): Record<string, unknown> {
  const byKey = new Map(observed.attempts.map((attempt) => [keyOf(attempt), attempt]));
  const list = observed.attempts.map(
    (attempt) => `${keyOf(attempt)} ${attempt.status}${attempt.started ? '' : ' unstarted'}`,
  );
  const named = <T>(members: Record<string, T>, read: (attempt: ObservedAttempt, wanted: T) => unknown) =>
    Object.fromEntries(
      Object.entries(members).map(([key, wanted]) => {
        const attempt = byKey.get(key);
        return [key, attempt === undefined ? 'there is no such attempt' : read(attempt, wanted)];
      }),
    );
  return {
    status: observed.status,
    disagreement: observed.disagreement,
    sequence: isAllowed(expected.sequence, list) ? expected.sequence : list,
    skipped: observed.skipped,
    variables: blurred(observed.variables, expected.variables),
    output: blurred(observed.output, expected.output),
    inputs: named(expected.inputs, ({ input }, wanted) => blurred(input, wanted)),
    errors: named(expected.errors, ({ result }, wanted) => {
      const text = stringifyJson(result);
      return text.includes(JSON.stringify(wanted).slice(1, -1)) ? wanted : text;
    }),
    waits: named(expected.waits, ({ waited }, wanted) => (waited >= wanted ? wanted : waited)),
    at_once: Object.fromEntries(Object.keys(expected.at_once).map((task) => [task, observed.at_once[task] ?? 0])),
    within: named(expected.within, ({ within }, wanted) => (within === null ? null : inTermsOf(within, wanted))),
  };
}

const tellDecisions = (run: ObservedRun): string =>
  run.decisions.map((decision, index) => `decision ${index + 1}: ${stringifyJson(decision)}`).join('\n');
