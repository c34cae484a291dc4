import type { Json, TestFailure, TestOutcome } from '@attune/core';
import type { Paint } from './paint.ts';
import { safeLine } from './safe-text.ts';
import { valueText } from './transition.ts';

/** Each case with what is not as it was expected, and how many passed. */
export function formatTests(outcomes: readonly TestOutcome[], paint: Paint): string {
  const failed = outcomes.filter(({ passed }) => !passed).length;
  const summary = `${outcomes.length - failed} passed, ${failed} failed`;
  return [
    ...outcomes.flatMap((outcome) => outcomeLines(outcome, paint)),
    '',
    failed === 0 ? paint.green(summary) : paint.red(summary),
  ].join('\n');
}

function outcomeLines({ passed, workflow_ref, name, failures }: TestOutcome, paint: Paint): string[] {
  const mark = passed ? paint.green('✓') : paint.red('✗');
  return [
    `${mark} ${safeLine(workflow_ref)}  ${safeLine(name)}`,
    ...failures.flatMap((failure) => failureLines(failure, paint).map((line) => `    ${line}`)),
  ];
}

function failureLines({ what, file, line, column, expected, got, note }: TestFailure, paint: Paint): string[] {
  const place = paint.dim(`${safeLine(file)}:${line}:${column}`);
  const values =
    expected === undefined && got === undefined ? [] : [`  expected  ${shown(expected)}`, `  got       ${shown(got)}`];
  return [`${place}  ${safeLine(what)}`, ...values, ...(note === undefined ? [] : [`  ${safeLine(note)}`])];
}

const shown = (value: Json | undefined): string => (value === undefined ? 'nothing' : valueText(value));
