import type { Evidence, ExecutionFact } from '../evidence.ts';
import type { Check } from './check.ts';
import { groupBy, isInstant } from './check.ts';

const leavesTraces = new Set(['faults.step', 'faults.once', 'faults.script']);

/** Each attempt ran as one process or as none, under its own token and number, and what its row says is what the process did. */
export const traced: Check = ({ traces, executions }) => {
  const found: string[] = [];
  const rows = new Map(executions.map((one) => [one.id, one]));
  const byExecution = groupBy(traces, (one) => one.execution);
  for (const [id, lines] of byExecution) {
    const row = rows.get(id);
    const starts = lines.filter((line) => line.what === 'start');
    const ends = lines.filter((line) => line.what === 'end' || line.what === 'fail');
    if (row === undefined) {
      found.push(`A process ran for execution ${id}, which does not exist`);
      continue;
    }
    if (starts.length > 1) found.push(`Execution ${id} was started ${starts.length} times`);
    if (starts.length === 0) found.push(`Execution ${id} left traces without a start`);
    if (ends.length > 1) found.push(`Execution ${id} ended ${ends.length} times`);
    const tokens = new Set(lines.map((line) => line.token));
    if (tokens.size > 1) found.push(`Execution ${id} ran under ${tokens.size} tokens`);
    if (!row.has_started) found.push(`Execution ${id} is ${row.status} and never started, but a process of it ran`);
    const number = numberOf(row);
    for (const line of starts) {
      if (line.attempt !== number)
        found.push(`Execution ${id} is attempt ${number}, its process was told ${line.attempt}`);
    }
  }
  const executionsOfToken = groupBy(
    traces.filter((line) => line.what === 'start'),
    (line) => line.token,
  );
  for (const [token, lines] of executionsOfToken) {
    if (lines.length > 1)
      found.push(
        `Token ${token} was given to ${lines.length} processes: ${lines.map((line) => line.execution).join(', ')}`,
      );
  }
  return found;
};

const numberOf = ({ attempt, retry_count }: ExecutionFact): number => attempt ?? retry_count + 1;

/** An execution that completed has done what it was to do, to the end, and its log and result say so. */
export const done: Check = (evidence) => [...carriedOut(evidence), ...computed(evidence)];

const carriedOut: Check = ({ executions, traces, logs }) => {
  const ended = new Set(traces.filter((line) => line.what === 'end').map((line) => line.execution));
  return executions
    .filter((one) => one.status === 'completed' && leavesTraces.has(one.action_ref))
    .flatMap(({ id, key, result }) => {
      const expected = `{"key":"${String(key)}","execution":"${id}"}\n`;
      return [
        ...(ended.has(id) ? [] : [`Execution ${id} is completed, but its action did not come to its end`]),
        ...(logs[id] === expected ? [] : [`The log of execution ${id} is ${(logs[id] ?? 'missing').slice(0, 200)}`]),
        ...(result.key === key
          ? []
          : [`The result of execution ${id} has the key ${String(result.key)}, not ${String(key)}`]),
      ];
    });
};

/** What only computes has said its message once, whether it succeeded or failed, and its result says so. */
const computed: Check = ({ executions, logs }) =>
  executions
    .filter((one) => isInstant(one.action_ref) && (one.status === 'completed' || one.status === 'failed'))
    .flatMap(({ id, key, result, status }) => [
      ...((logs[id] ?? '') === (key ?? '')
        ? []
        : [`The log of execution ${id} is ${logs[id] ?? 'missing'}, not ${String(key)}`]),
      ...((result.stdout ?? '') === (key ?? '')
        ? []
        : [`The result of execution ${id} is ${String(result.stdout)}, not ${String(key)}`]),
      ...((result.exit_code === 0) === (status === 'completed')
        ? []
        : [`Execution ${id} is ${status} with the exit code ${String(result.exit_code)}`]),
    ]);

/** The work that several attempts are attempts at. */
const workOf = (one: ExecutionFact): string =>
  one.run === null
    ? `execution ${one.original_execution ?? one.id}`
    : `task ${String(one.task)} visit ${String(one.visit)} item ${String(one.item)} of run ${one.run}`;

/** Attempts at the same work are numbered without a gap. Each but the last failed, ran out of time or was lost; a retry was allowed by
 *  the policy, a restart by `on_worker_lost`. */
export const succeeded: Check = ({ executions }) => {
  const found: string[] = [];
  for (const [work, unsorted] of groupBy(executions, workOf)) {
    const attempts = [...unsorted].sort((a, b) => Number(a.id) - Number(b.id));
    attempts.forEach((one, index) => {
      const next = attempts[index + 1];
      if (one.attempt !== null && one.attempt !== index + 1)
        found.push(`Attempt ${index + 1} at ${work} is numbered ${one.attempt}`);
      if (next === undefined) return;
      if (!['failed', 'timeout', 'abandoned'].includes(one.status)) {
        found.push(`${work}: execution ${next.id} follows ${one.id}, which is ${one.status}`);
      }
      const retries = (next.task_retries ?? next.retry_count) - (one.task_retries ?? one.retry_count);
      if (retries === 1 && (one.max_retries ?? 0) < (next.task_retries ?? 0))
        found.push(`${work}: retry ${next.id} is beyond the policy`);
      if (retries === 0 && one.status !== 'abandoned')
        found.push(`${work}: ${next.id} restarts ${one.id}, which is ${one.status}`);
      if (retries === 0 && one.action_ref === 'faults.once')
        found.push(`${work}: ${next.id} restarts what must not run twice`);
      if (retries !== 0 && retries !== 1)
        found.push(`${work}: ${next.id} counts ${retries} retries more than ${one.id}`);
      if (one.next_retry_at !== null)
        found.push(`${work}: ${one.id} has its successor ${next.id} and still waits for a retry`);
    });
    const completed = attempts.filter((one) => one.status === 'completed').length;
    if (completed > 1) found.push(`${work} completed ${completed} times`);
  }
  return found;
};

/** Of two attempts at the same work the first had ended before the second began. What a worker does that is frozen, or whose lease the
 *  clock made run out, nobody can end before it hears of it: with such faults this does not hold, and the row's fence has to. */
export const alone: Check = (evidence) => {
  if (canOverlap(evidence)) return [];
  const works = new Map(evidence.executions.map((one) => [one.id, workOf(one)]));
  const lives = [...groupBy(evidence.traces, (line) => line.execution)].map(([execution, lines]) => ({
    execution,
    work: works.get(execution) ?? '',
    first: Math.min(...lines.map((line) => line.at)),
    last: Math.max(...lines.map((line) => line.at)),
  }));
  return [...groupBy(lives, (life) => life.work)].flatMap(([work, group]) => {
    const sorted = [...group].sort((a, b) => a.first - b.first);
    return sorted.flatMap((life, index) => {
      const next = sorted[index + 1];
      return next !== undefined && next.first < life.last
        ? [`${work}: ${next.execution} began while ${life.execution} still ran`]
        : [];
    });
  });
};

const canOverlap = ({ faults }: Evidence): boolean =>
  [faults.freeze, faults.clock, faults.break_point].some((count) => (count ?? 0) > 0);
