import {
  attemptText,
  isJsonObject,
  ownValue,
  pathText,
  type DecidedStep,
  type DecidedTarget,
  type Departure,
  type Json,
  type RunName,
  type SimulatedCondition,
  type SimulatedStep,
  type Simulation,
} from '@attune/core';
import type { Paint } from './paint.ts';
import { formatRecord } from './record.ts';
import { safeLine } from './safe-text.ts';
import { paintStatus } from './status.ts';
import { conditionTexts, targetLine, transitionLines, valueText } from './transition.ts';

/** The story of a simulated run, step by step, and how it ends. */
export function formatSimulation(simulation: Simulation, paint: Paint): string {
  const end = formatRecord(
    [
      ['status', simulation.status, { colour: paintStatus }],
      ['duration', seconds(simulation.duration_seconds)],
      ['tasks', tasksText(simulation.tasks)],
      ['variables', simulation.variables],
      ['result', simulation.result],
    ],
    paint,
  );
  return [...simulation.steps.flatMap((step) => stepLines(step, paint)), '', end].join('\n');
}

function tasksText(tasks: Simulation['tasks']): string {
  const byStanding = new Map<string, string[]>();
  for (const [task, standing] of Object.entries(tasks)) {
    byStanding.set(standing, [...(byStanding.get(standing) ?? []), task]);
  }
  return [...byStanding].map(([standing, names]) => `${standing.replace('_', ' ')}: ${names.join(', ')}`).join('; ');
}

function stepLines(step: SimulatedStep, paint: Paint): string[] {
  const time = paint.dim(seconds(step.at_seconds).padStart(8));
  const indent = ' '.repeat(8);
  const [first = '', ...more] =
    step.kind === 'successor'
      ? [`→ ${nameIn(step.run, step)}${step.reason === 'restart' ? ', for its worker was lost' : ''}`]
      : decidedLines(step, paint);
  return [`${time}  ${first}`, ...more.map((line) => `${indent}  ${line}`)];
}

function decidedLines(step: DecidedStep, paint: Paint): string[] {
  const { run, ended, decision, conditions } = step;
  return [
    ...(ended === null ? beginning(run) : [endLine(step, paint)]),
    ...conditions
      .filter(({ kind }) => kind === 'retry')
      .flatMap((one) => conditionTexts(one).map((text) => `  retry.on_error  ${text}`)),
    ...(decision.retry === undefined
      ? []
      : [`  tried again in ${seconds(decision.retry.delay_seconds)} (retry ${decision.retry.retry_count})`]),
    ...decision.transitions.flatMap(({ task, visit, index, fired, published = {}, error = null }) => {
      const isOther = task !== ended?.task; // a task that was skipped on the way
      const when = conditionOf(conditions, 'transition', task, visit, index);
      const lines = transitionLines({ index, when, fired, published, error }, paint);
      return (
        isOther ? lines.map((line, at) => (at === 0 ? `${line}${paint.dim(`  (of ${safeLine(task)})`)}` : line)) : lines
      ).map((line) => `  ${line}`);
    }),
    ...decision.targets.flatMap((target) => [
      `  ${targetLine(target, paint)}${inputText(step, target, paint)}`,
      ...whenLines(conditionOf(conditions, 'task', target.task, target.visit)),
    ]),
    ...(decision.released ?? []).map(({ task, from, to }) => `  ${releasedText(task, from, to)}`),
    ...(decision.failures ?? []).map((reason) => `  ${paint.red(`the run fails: ${safeLine(reason)}`)}`),
  ];
}

/** When a task that a transition named begins, and with which input; those of items are left to --json. */
function inputText({ started }: DecidedStep, { task, visit, fate }: DecidedTarget, paint: Paint): string {
  const start = started.find((one) => one.task === task && one.visit === visit && one.item === null);
  if (fate !== 'started' || start === undefined) return '';
  const delay = start.delay_seconds > 0 ? ` in ${seconds(start.delay_seconds)}` : '';
  return `${delay}  ${paint.dim(valueText(start.input))}`;
}

const releasedText = (task: string, from: number, to: number): string =>
  to - from === 1 ? `→ ${safeLine(task)}[${from}]` : `→ ${safeLine(task)}[${from}] to [${to - 1}]`;

const beginning = (run: RunName): string[] => [run.length === 0 ? 'begins' : `${nameOfRun(run)} begins`];

function endLine({ run, ended }: DecidedStep, paint: Paint): string {
  if (ended === null) return '';
  const mark = ended.outcome === 'succeeded' ? paint.green('✓') : paint.red('✗');
  const error = errorIn(ended.result);
  const from = paint.dim(`(${originTexts[ended.from]})`);
  return `${mark} ${nameIn(run, ended)}  ${ended.outcome.replace('_', ' ')} ${from}${error === undefined ? '' : `: ${safeLine(error)}`}`;
}

const originTexts = {
  given: 'given',
  recorded: 'recorded',
  random: 'random',
  assumed: 'assumed',
  not_started: 'could not start',
  workflow: 'simulated',
  time_limit: 'stopped at its limit',
} as const;

const whenLines = (condition: SimulatedCondition | null): string[] =>
  condition === null ? [] : conditionTexts(condition).map((text) => `      when  ${text}`);

const conditionOf = (
  conditions: readonly SimulatedCondition[],
  kind: 'transition' | 'task',
  task: string,
  visit: number | undefined,
  index?: number,
): SimulatedCondition | null =>
  conditions.find(
    (one) =>
      one.kind === kind &&
      one.task === task &&
      one.visit === visit &&
      (one.kind !== 'transition' || one.index === index),
  ) ?? null;

/** What a result says went wrong; of parameters that do not fit, each problem. */
function errorIn(result: Json): string | undefined {
  const error = memberOf(result, 'error');
  if (typeof error === 'string') return error;
  const [message, details] = [memberOf(error, 'message'), memberOf(error, 'details')];
  if (typeof message !== 'string') return undefined;
  const problems = Array.isArray(details) ? details.map((problem) => memberOf(problem, 'message')) : [];
  return [message, ...problems.filter((problem) => typeof problem === 'string')].join('; ');
}

const memberOf = (value: Json | undefined, name: string): Json | undefined =>
  isJsonObject(value) ? ownValue(value, name) : undefined;

const nameIn = (run: RunName, name: RunName[number]): string =>
  safeLine(run.length === 0 ? attemptText(name) : `${nameOfRun(run)}/${attemptText(name)}`);

const nameOfRun = (run: RunName): string => run.map((name) => pathText([], name)).join('/');

/** To the millisecond. */
const seconds = (value: number): string => `${Number(value.toFixed(3))}s`;

/** Where a simulation departs from what was recorded. */
export function departureLines(departures: readonly Departure[], paint: Paint): string[] {
  return departures.flatMap(({ run, step, differences }) => [
    `${paint.red('✗')} departs from the record at step ${step}${run.length === 0 ? '' : ` of ${safeLine(nameOfRun(run))}`}`,
    ...differences.map(
      ({ pointer, recorded, simulated }) =>
        `    ${pointer === '' ? '/' : safeLine(pointer)}  recorded ${given(recorded)}, here ${given(simulated)}`,
    ),
  ]);
}

const given = (value: Json | undefined): string => (value === undefined ? 'nothing' : valueText(value));
