import type { TaskNode } from '../graph/graph.ts';
import type { Position } from '../graph/position.ts';
import { itemsOf } from '../program.ts';
import type { DecidedTarget } from './decision.ts';
import { explain } from './evaluate.ts';
import { fire } from './fire.ts';
import { inputOf, type Input } from './input.ts';
import { planItems, type Plan } from './plan-items.ts';
import { releaseItems } from './release-items.ts';
import { rememberEnded, rememberFirst } from './remember.ts';
import { runScope } from './scope.ts';
import { listOf, putActive, putItems, setStanding, visitsOf } from './state.ts';
import type { TaskStart } from './step.ts';
import { failRun, isFailing, resultKey, type EndedTask, type Turn } from './turn.ts';
import { holdsFor } from './witness.ts';

/** A run of a task that is about to begin. */
interface NewRun {
  node: TaskNode;
  task: string;
  position: Position;
  /** The task whose transition led here; null for an entry. */
  by: EndedTask | null;
}

/** Starts a run of a task, or skips it where its `when` says so. A condition that cannot be evaluated, and a task that has run too
 *  often, make the run of the workflow fail instead. */
export function startTask(turn: Turn, node: TaskNode, position: Position, by: EndedTask | null): void {
  const run: NewRun = { node, task: node.definition.name, position, by };
  const visit = countVisit(turn, run);
  if (visit === undefined) {
    refuse(turn, run, `task '${run.task}' was to run more than ${turn.graph.definition.max_visits} times (max_visits)`);
    return;
  }
  const { when, reads } = turn.graph.programOf(run.task);
  const scope = runScope(turn, run, by, reads.starting.tasks);
  const condition = holdsFor(turn, { kind: 'task', task: run.task, visit }, when, scope);
  if (condition.error !== undefined) {
    if (visit === 1) setStanding(turn.state, node, 'refused');
    refuse(turn, run, explain(`task '${run.task}', when`, condition.error));
  } else if (!condition.value) skip(turn, run, visit);
  else if (itemsOf(node.definition) === null) create(turn, run, visit, inputOf(turn, node, scope));
  else createItems(turn, run, visit, planItems(turn, node, visit, scope));
}

/** Numbers the run, and remembers its position where another branch may come to the same one.
 *  @returns undefined if the task has run as often as it may. */
function countVisit(turn: Turn, { node, task, position }: NewRun): number | undefined {
  const { graph, state, touched } = turn;
  const before = visitsOf(state, node);
  if (before >= graph.definition.max_visits) return undefined;
  rememberFirst(turn, node);
  const visit = before + 1;
  if (visit > 1) state.visits[task] = visit;
  else setStanding(state, node, 'begun');
  if (node.merges && !node.runsOnce) {
    state.started[task] = [...listOf(state.started, task), position];
    touched.add(task);
  }
  return visit;
}

/** Starts a run as one execution: of a task without items, or of one whose items cannot even be told. */
function create(turn: Turn, run: NewRun, visit: number, { input, error }: Input): void {
  const { node, task, position, by } = run;
  const { definition } = node;
  // Another attempt would be given the same input, so what cannot start is not retried.
  const max_retries = error === null ? (definition.retry?.count ?? 0) : 0;
  putActive(turn.state, node, visit, { position, attempt: 1, retries_left: max_retries, waits: false });
  turn.start.push({
    task,
    visit,
    attempt: 1,
    retry_count: 0,
    max_retries,
    position,
    item: null,
    triggered_by: by?.task ?? null,
    action: definition.action,
    input,
    delay_seconds: error === null ? definition.delay : 0,
    timeout_seconds: definition.timeout,
    error,
  } satisfies TaskStart);
  record(turn, run, 'started', { visit, ...(error === null ? {} : { reason: error.message }) });
}

/** Starts a run as one execution for each item, as many at a time as may be. An empty list has succeeded already. */
function createItems(turn: Turn, run: NewRun, visit: number, plan: Plan): void {
  const { node, task, position, by } = run;
  if (plan.error !== undefined) {
    create(turn, run, visit, { input: {}, error: plan.error });
    return;
  }
  const { elements, count, limit, warning } = plan;
  record(turn, run, 'started', { visit, items: count, ...(warning === undefined ? {} : { warning }) });
  if (count === 0) {
    setStanding(turn.state, node, 'completed');
    turn.results.set(resultKey(task, visit), () => []);
    rememberEnded(turn, { task, visit, position, skipped: false });
    if (!isFailing(turn)) fire(turn, { task, visit, position, outcome: 'succeeded', view: () => [] });
    return;
  }
  const secret = turn.facts.secrets?.items(task) !== undefined;
  turn.lists.push({ task, visit, elements: [...elements], secret });
  putItems(turn.state, task, visit, {
    ...{ position, elements: elements.length, count, limit, next: 0, live: [], retried: {} },
    ...{ stops: false, worst: null },
    by: by === null ? null : { task: by.task, visit: by.visit, outcome: by.outcome },
  });
  releaseItems(turn, node, visit, by);
}

/** A skipped run has no execution. Its transitions are evaluated at once, with `skipped()` true. */
function skip(turn: Turn, run: NewRun, visit: number): void {
  const { task, position, node } = run;
  const reason = `its condition is false: ${node.definition.when ?? ''}`;
  record(turn, run, 'skipped', { visit, reason });
  turn.skipped.push({ task, visit, reason });
  setStanding(turn.state, node, 'skipped');
  rememberEnded(turn, { task, visit, position, skipped: true });
  if (!isFailing(turn)) fire(turn, { task, visit, position, outcome: 'skipped', view: () => null });
}

function refuse(turn: Turn, run: NewRun, reason: string): void {
  record(turn, run, 'refused', { reason });
  failRun(turn, reason);
}

function record(
  turn: Turn,
  { task, position, by }: NewRun,
  fate: 'started' | 'skipped' | 'refused',
  more: Pick<DecidedTarget, 'visit' | 'reason' | 'items' | 'warning'>,
): void {
  const from = by === null ? {} : { by: { task: by.task, visit: by.visit } };
  turn.decision.targets.push({ task, ...from, fate, position, ...more });
}
