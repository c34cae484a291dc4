import { stringifyJson, type DecidedTarget, type Json, type JsonObject, type ProvenCondition } from '@attune/core';
import type { Paint } from './paint.ts';
import { decisiveClauses, formatClause } from './proof.ts';
import { safeLine } from './safe-text.ts';

/** A transition of a task that ended, with what it came to. */
export interface ShownTransition {
  /** Its place in `next`, from 0. */
  index: number;
  /** Null where it has no condition. */
  when: ProvenCondition | null;
  fired: boolean;
  published: JsonObject;
  error: string | null;
}

/** Whether a transition fired and why, and the variables it set. */
export function transitionLines(transition: ShownTransition, paint: Paint): string[] {
  const { index, when, fired, published, error } = transition;
  const mark = error !== null ? paint.red('!') : fired ? paint.green('✓') : paint.dim('–');
  const [first = '', ...more] = when === null ? ['always'] : conditionTexts(when);
  return [
    `${mark} next[${index}]  ${first}`,
    ...more.map((text) => `    ${text}`),
    ...Object.entries(published).map(([name, value]) => `    ${safeLine(name)} = ${valueText(value)}`),
    ...(error === null ? [] : [`    ${paint.red(safeLine(error))}`]),
  ];
}

/** The clauses that made a condition come out as it did; of one that is not proven, its answer. */
export function conditionTexts({ condition, value, proof, error }: ProvenCondition): string[] {
  if (proof !== null) return decisiveClauses(proof).map(formatClause);
  return [`${safeLine(condition)}  ${error === null ? `is ${String(value)}` : 'could not be evaluated'}`];
}

/** What became of something that a transition named. */
export function targetLine({ task, fate, visit, reason, items }: DecidedTarget, paint: Paint): string {
  const name = `${safeLine(task)}${visit !== undefined && visit > 1 ? ` (visit ${visit})` : ''}`;
  const because = reason === undefined ? '' : `: ${safeLine(reason)}`;
  switch (fate) {
    case 'started':
      return `→ ${name}${items === undefined ? '' : `, ${items} items`}${because}`;
    case 'skipped':
      return paint.dim(`– ${name} is skipped${because}`);
    case 'dropped':
      return paint.dim(`– ${name} does not start again${because}`);
    case 'waiting':
      return paint.dim(`· ${name} waits${because}`);
    case 'refused':
      return paint.red(`✗ ${name} cannot run${because}`);
    case 'noop':
      return paint.dim('→ noop');
    case 'fail':
      return paint.red('→ fail');
  }
}

/** Most characters of a value on a line. */
const widest = 100;

/** A value in one line; what is too long is cut. */
export function valueText(value: Json): string {
  const text = safeLine(stringifyJson(value));
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text;
}
