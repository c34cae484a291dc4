import type { Scope } from '../../expression/scope.ts';
import { isJsonObject, type JsonObject } from '../../json.ts';
import type { TaskNode } from '../graph/graph.ts';
import type { Position } from '../graph/position.ts';
import { explain, render } from './evaluate.ts';
import { fire } from './fire.ts';
import { rememberEnded } from './remember.ts';
import { runScope } from './scope.ts';
import { addActive, listOf, own } from './state.ts';
import type { StartError } from './step.ts';
import { failRun, isFailing, type EndedTask, type Turn } from './turn.ts';
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
  const scope = runScope(turn, run, by, reads.starting);
  const condition = holdsFor(turn, { kind: 'task', task: run.task, visit }, when, scope);
  if (condition.error !== undefined) refuse(turn, run, explain(`task '${run.task}', when`, condition.error));
  else if (condition.value) create(turn, run, visit, scope);
  else skip(turn, run, visit);
}

/** Numbers the run, and remembers its position where another branch may come to the same one.
 *  @returns undefined if the task has run as often as it may. */
function countVisit({ graph, state, touched }: Turn, { node, task, position }: NewRun): number | undefined {
  const progress = own(state.tasks, task) ?? { visits: 0, status: null };
  if (progress.visits >= graph.definition.max_visits) return undefined;
  const visits = progress.visits + 1;
  state.tasks[task] = { ...progress, visits };
  if (node.merges) {
    state.started[task] = [...listOf(state.started, task), position];
    touched.add(task);
  }
  return visits;
}

function create(turn: Turn, run: NewRun, visit: number, scope: Scope): void {
  const { node, task, position, by } = run;
  const { definition } = node;
  const { input, error } = renderInput(turn, node, scope);
  // Another attempt would be given the same input, so what cannot start is not retried.
  const max_retries = error === null ? (definition.retry?.count ?? 0) : 0;
  addActive(turn.state, task, visit, { position, attempt: 1, retries_left: max_retries, waits: false });
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
  });
  record(turn, run, 'started', { visit, ...(error === null ? {} : { reason: error.message }) });
}

/** A skipped run has no execution. Its transitions are evaluated at once, with `skipped()` true. */
function skip(turn: Turn, run: NewRun, visit: number): void {
  const { task, position, node } = run;
  const reason = `its condition is false: ${node.definition.when ?? ''}`;
  record(turn, run, 'skipped', { visit, reason });
  turn.skipped.push({ task, visit, reason });
  const progress = turn.state.tasks[task];
  if (progress !== undefined) progress.status = 'skipped';
  rememberEnded(turn, { task, visit, position, skipped: true });
  if (!isFailing(turn)) fire(turn, { task, visit, position, outcome: 'skipped', view: null });
}

function refuse(turn: Turn, run: NewRun, reason: string): void {
  record(turn, run, 'refused', { reason });
  failRun(turn, reason);
}

function record(
  turn: Turn,
  { task, position, by }: NewRun,
  fate: 'started' | 'skipped' | 'refused',
  more: { visit?: number; reason?: string },
): void {
  const from = by === null ? {} : { by: { task: by.task, visit: by.visit } };
  turn.decision.targets.push({ task, ...from, fate, position, ...more });
}

function renderInput(
  turn: Turn,
  { definition }: TaskNode,
  scope: Scope,
): { input: JsonObject; error: StartError | null } {
  if (definition.input === 'inherit') return { input: turn.facts.parameters, error: null };
  const rendered = render(definition.input, scope);
  if (rendered.error !== undefined) {
    const message = explain(`task '${definition.name}', input`, rendered.error);
    return { input: {}, error: { ...rendered.error.toRecord(), message } };
  }
  return { input: isJsonObject(rendered.value) ? rendered.value : {}, error: null };
}
