import type {
  AttemptExplanation,
  ExecutionExplanation,
  Origin,
  ProvenCondition,
  TaskExplanation,
  TaskRunExplanation,
} from '@attune/client';
import { isFinal, notReusedReasons, type Proof, type ProvenCondition as Proven } from '@attune/core';
import { between, formatDuration } from './duration.ts';
import type { Paint } from './paint.ts';
import { safeLine } from './safe-text.ts';
import { paintStatus, statusMark } from './status.ts';
import { conditionTexts, targetLine, transitionLines } from './transition.ts';

/** Most runs of one task, and most attempts of one run, that are told of; programs see them all. */
const most = { runs: 3, attempts: 10 };

/** Why an execution is where it is and, of a workflow, why each task ran, was skipped, waits or never runs. */
export function formatExplanation(explained: ExecutionExplanation, paint: Paint): string {
  const { execution, action_ref, status, standing, error, origin, attempts, workflow } = explained;
  const replay = workflow?.replay;
  return [
    `${statusMark(status, paint)} Execution ${execution}  ${safeLine(action_ref)}  ${paintStatus(status, paint)}`,
    `  ${safeLine(standing.message)}`,
    ...(error === null ? [] : [`  ${paint.red(safeLine(error))}`]),
    `  ${paint.dim(safeLine(originText(origin)))}`,
    ...(replay?.message == null ? [] : [`  ${paint.red(safeLine(replay.message))}`]),
    ...attempts.map((attempt) => `  ${attemptLine(attempt, paint)}`),
    ...(workflow?.tasks ?? []).flatMap((task) => ['', ...taskLines(task, paint)]),
  ].join('\n');
}

function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'request':
      return origin.executor === null ? 'It was requested' : `It was requested by identity ${origin.executor}`;
    case 'rule':
      return `The rule ${origin.rule_ref} answered ${origin.event === null ? 'an event' : `event ${origin.event}`} with it (enforcement ${origin.enforcement})`;
    case 'rerun':
      return `It runs execution ${origin.rerun_of} again`;
    case 'task': {
      const item = origin.item === null ? '' : `[${origin.item}]`;
      return `It is ${origin.task}${item} of execution ${origin.parent}; why that ran: attune execution explain ${origin.parent} --task ${origin.task}`;
    }
  }
}

function taskLines(task: TaskExplanation, paint: Paint): string[] {
  const { state, message, runs, runs_total, refusals } = task;
  const last = runs.at(-1);
  const says = state === 'active' || state === 'ended' || state === 'skipped' ? '' : `  ${safeLine(message)}`;
  const shown = runs.slice(-most.runs);
  const left = runs_total - shown.length;
  return [
    `${markOf(task, last, paint)} ${paint.bold(safeLine(task.task))}  ${paint.dim(safeLine(task.action_ref))}${says}`,
    ...(left === 0 ? [] : [`    ${paint.dim(`… ${left} earlier runs; -o json shows more`)}`]),
    ...shown.flatMap((run) => runLines(run, runs_total > 1, paint).map((line) => `    ${line}`)),
    ...refusals.map(({ reason }) => `    ${paint.red(safeLine(reason))}`),
  ];
}

function markOf({ state }: TaskExplanation, last: TaskRunExplanation | undefined, paint: Paint): string {
  switch (state) {
    case 'active':
      return paint.cyan('●');
    case 'waiting_for_join':
    case 'not_reached':
      return paint.dim('·');
    case 'ended':
      return last?.outcome === 'succeeded' ? paint.green('✓') : paint.red('✗');
    case 'refused':
    case 'join_unmet':
      return paint.red('✗');
    default:
      return paint.dim('–');
  }
}

function runLines(run: TaskRunExplanation, isNumbered: boolean, paint: Paint): string[] {
  const { visit, when, items, transitions, led_to, retries, attempts, attempts_total, outcome } = run;
  const skipped = outcome === 'skipped' ? 'skipped ' : '';
  const listed = items === null ? attempts : attempts.filter((one) => one.status !== 'completed');
  const shown = listed.slice(0, most.attempts);
  const left = (items === null ? attempts_total : listed.length) - shown.length;
  return [
    `${isNumbered ? `visit ${visit}: ` : ''}${skipped}${paint.dim(becauseText(run))}`,
    ...(when === null ? [] : labelled('when', when)),
    ...(items === null ? [] : [itemsText(items)]),
    ...shown.map((attempt) => attemptLine(attempt, paint)),
    ...(left <= 0 ? [] : [paint.dim(`… ${left} more attempts; -o json shows more`)]),
    ...retries.slice(-most.attempts).flatMap((retry) => retryLines(retry)),
    ...transitions.flatMap((transition) =>
      transitionLines({ ...transition, when: transition.when && provenOf(transition.when) }, paint),
    ),
    ...led_to.map(({ task, fate, visit: number, reason }) =>
      targetLine(
        { task, fate, ...(number === null ? {} : { visit: number }), ...(reason === null ? {} : { reason }) },
        paint,
      ),
    ),
  ];
}

const becauseText = ({ because }: TaskRunExplanation): string =>
  because.length === 0
    ? 'the workflow begins with it'
    : `because of ${because.map(({ task, visit, transitions }) => `${safeLine(task)}${visit > 1 ? ` (visit ${visit})` : ''} ${transitions.map((index) => `next[${index}]`).join(' ')}`).join(', ')}`;

const labelled = (label: string, condition: ProvenCondition): string[] =>
  conditionTexts(provenOf(condition)).map((text) => `${label}  ${text}`);

/** To the client a proof is any JSON. */
const provenOf = (condition: ProvenCondition): Proven => ({ ...condition, proof: condition.proof as Proof | null });

function itemsText({ count, released, ended, rest }: NonNullable<TaskRunExplanation['items']>): string {
  const ends = Object.entries(ended).filter(([, number]) => number > 0);
  const counts = ends.map(([outcome, number]) => `${number} ${outcome.replace('_', ' ')}`);
  const text = [`${count} items`, `${released} started`, ...counts].join(', ');
  return rest === null ? text : `${text}; ${safeLine(rest.message)}`;
}

function retryLines({
  attempt,
  item,
  retry_count,
  delay_seconds,
  on_error,
}: TaskRunExplanation['retries'][number]): string[] {
  const name = `attempt ${attempt}${item === null ? '' : ` of item ${item}`}`;
  return [
    retry_count === null
      ? `${name} is not tried again`
      : `${name} is followed by retry ${retry_count} after ${delay_seconds ?? 0} s`,
    ...(on_error === null ? [] : labelled('retry.on_error', on_error)),
  ];
}

function attemptLine(attempt: AttemptExplanation, paint: Paint): string {
  const { execution, item, attempt: number, status, error, standing, reused_from, not_reused } = attempt;
  const ms = isFinal(status) ? between(attempt.started_at, attempt.completed_at) : undefined;
  const parts = [
    `${statusMark(status, paint)} #${execution}`,
    item === null ? undefined : `item ${item}`,
    number > 1 ? `attempt ${number}` : undefined,
    paintStatus(status, paint),
    ms === undefined ? undefined : paint.dim(formatDuration(ms)),
    standing.reason === 'ended' ? undefined : safeLine(standing.message),
    error === null ? undefined : safeLine(error),
    reused_from === null ? undefined : paint.dim(`taken over from execution ${reused_from}`),
    not_reused === null ? undefined : paint.dim(`ran anew (${not_reused}): ${notReusedReasons[not_reused]}`),
  ];
  return parts.filter((part) => part !== undefined).join('  ');
}
