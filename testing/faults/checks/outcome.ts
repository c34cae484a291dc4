import type { Evidence, ExecutionFact } from '../evidence.ts';
import type { Flow, Mode } from '../operation.ts';
import type { Check } from './check.ts';
import { groupBy } from './check.ts';

/** The tasks of a completed run, with how often each has completed: a join once, an item each. */
const tasksOf: Record<Flow, Record<string, number>> = {
  line: { a: 1, b: 1, c: 1 },
  join: { start: 1, left: 1, middle: 1, right: 1, merge: 1 },
  items: { each: 6, count: 1 },
  nested: { inner: 1, others: 1 },
  retried: { try: 1, after: 1 },
  fragile: {}, // depends on what was lost, see below
  asking: { ask: 1, go: 1 },
  emitting: { emit: 1, after: 1 },
  quick: { first: 1, again: 4, many: 10, last: 1 },
};

const flowOf = ({ action_ref }: ExecutionFact): Flow | undefined => {
  const name = action_ref.replace('faults.', '');
  return action_ref.startsWith('faults.') && name in tasksOf ? (name as Flow) : undefined;
};

/** A run came to what its workflow says, whatever happened on the way: each task the right number of times, and the right result. */
export const conducted: Check = ({ executions, journal }) => {
  const found: string[] = [];
  const children = groupBy(executions, (one) => one.parent);
  const isCancelled = cancelledOnes(executions, journal);
  for (const run of executions) {
    const flow = flowOf(run);
    if (flow === undefined || isCancelled(run)) continue;
    if (run.status !== 'completed') {
      found.push(`Run ${run.id} of ${flow} is ${run.status}: ${String(run.result.error)}`);
      continue;
    }
    if (run.result.key !== run.key)
      found.push(`Run ${run.id} of ${flow} has the result of ${String(run.result.key)}, not of ${String(run.key)}`);
    const ofRun = children.get(run.id) ?? [];
    const counts: Record<string, number> = {};
    for (const one of ofRun)
      if (one.status === 'completed') counts[String(one.task)] = (counts[String(one.task)] ?? 0) + 1;
    const expected = flow === 'fragile' ? fragileTasks(ofRun, run, found) : tasksOf[flow];
    const names = new Set([...Object.keys(counts), ...Object.keys(expected)]);
    for (const name of names) {
      if (counts[name] !== expected[name]) {
        found.push(
          `Run ${run.id} of ${flow}: the task ${name} completed ${counts[name] ?? 0} times, not ${expected[name] ?? 0}`,
        );
      }
    }
    if (flow === 'items' && run.result.items !== 6)
      found.push(`Run ${run.id} collected ${String(run.result.items)} items of 6`);
    if (flow === 'quick' && run.result.rounds !== 3)
      found.push(`Run ${run.id} counted ${String(run.result.rounds)} rounds of 3`);
  }
  return found;
};

/** What is lost may not run again, and is cleaned up once. */
function fragileTasks(ofRun: readonly ExecutionFact[], run: ExecutionFact, found: string[]): Record<string, number> {
  const risks = ofRun.filter((one) => one.task === 'risk');
  const wasLost = risks[0]?.status === 'abandoned';
  if (risks.length !== 1) found.push(`Run ${run.id} of fragile tried the task risk ${risks.length} times`);
  if (run.result.lost !== (wasLost ? 1 : 0))
    found.push(`Run ${run.id} of fragile says lost = ${String(run.result.lost)}`);
  return wasLost ? { clean: 1 } : { risk: 1, good: 1 };
}

const endsOf: Record<Mode, string> = {
  ...{ ok: 'completed', flood: 'completed', bytes: 'completed', fork: 'completed', leave: 'completed' },
  ...{ fail: 'failed', signal: 'failed' },
};

/** A plain execution ended as its action does; one that may not run twice can be lost. */
export const ended: Check = ({ executions, journal }) => {
  const attempts = groupBy(executions, (one) => one.original_execution ?? one.id);
  const isCancelled = cancelledOnes(executions, journal);
  return journal.accepted.flatMap(({ key, operation, ids }) => {
    if (operation.kind !== 'step' && operation.kind !== 'instant') return [];
    const last = (attempts.get(ids[0] ?? '') ?? []).sort((a, b) => Number(a.id) - Number(b.id)).at(-1);
    if (last === undefined || isCancelled(last)) return [];
    const allowed =
      operation.kind === 'instant'
        ? [operation.exit_code === 0 ? 'completed' : 'failed']
        : [endsOf[operation.mode], ...(operation.action === 'once' ? ['abandoned'] : [])];
    const what = operation.kind === 'instant' ? `exit code ${operation.exit_code}` : operation.mode;
    return allowed.includes(last.status)
      ? []
      : [`${key} (${operation.action}, ${what}) ended as ${last.status}: ${String(last.result.error)}`];
  });
};

/** Tells whether an execution, or one above it, or the first of its attempts, was cancelled. */
function cancelledOnes(
  executions: readonly ExecutionFact[],
  { cancels }: Evidence['journal'],
): (one: ExecutionFact) => boolean {
  const rows = new Map(executions.map((one) => [one.id, one]));
  const asked = new Set(cancels.filter(({ status }) => status === 200).map(({ execution }) => execution));
  const isCancelled = (one: ExecutionFact): boolean => {
    if (asked.has(one.id) || (one.original_execution !== null && asked.has(one.original_execution))) return true;
    const above = one.parent === null ? undefined : rows.get(one.parent);
    return above !== undefined && isCancelled(above);
  };
  return isCancelled;
}

/** Of six items at most two run at a time. Attempts without an end were killed, when is not known: they do not count. */
export const limited: Check = ({ executions, traces }) => {
  const rows = new Map(executions.map((one) => [one.id, one]));
  const lives = [...groupBy(traces, (line) => line.execution)].flatMap(([id, lines]) => {
    const row = rows.get(id);
    const start = lines.find((line) => line.what === 'start');
    const end = lines.find((line) => line.what === 'end');
    return row?.task === 'each' && start && end ? [{ run: row.run, from: start.at, to: end.at }] : [];
  });
  return [...groupBy(lives, (life) => life.run)].flatMap(([run, group]) =>
    group.some((one) => group.filter((other) => other.from <= one.from && one.from < other.to).length > 2)
      ? [`More than two items of run ${run} ran at a time`]
      : [],
  );
};
