import type { Json, JsonObject } from '../../json.ts';
import { lazily } from '../lazily.ts';
import { nodeOf, type TaskNode, type WorkflowGraph } from '../graph/graph.ts';
import { entryPosition, type Position } from '../graph/position.ts';
import { settle } from './arrive.ts';
import { conclude } from './conclude.ts';
import type { Decision } from './decision.ts';
import { explain } from './evaluate.ts';
import { fire } from './fire.ts';
import {
  attemptOfItem,
  isQuiet,
  outcomeOf,
  stopped,
  withEnd,
  withItemAttempt,
  withoutItem,
  type ItemsRun,
} from './items-run.ts';
import { listTasks } from './list-tasks.ts';
import { prune } from './prune.ts';
import { releaseItems } from './release-items.ts';
import { rememberEnded } from './remember.ts';
import { resultView, viewOf } from './result-view.ts';
import { retryDelay } from './retry-delay.ts';
import { runScope } from './scope.ts';
import { withUnhandled } from './standing.ts';
import { startTask } from './start.ts';
import {
  activeRun,
  copyOf,
  itemsRun,
  newState,
  own,
  putActive,
  putItems,
  removeRun,
  setStanding,
  type RunState,
} from './state.ts';
import type { Finished, Recorded, RunFacts, Step } from './step.ts';
import { failRun, isFailing, resultKey, resultOf, type EndedTask, type Turn } from './turn.ts';
import { holdsFor, type Witness } from './witness.ts';

/** The conductor decides what a workflow does next. It does no I/O and knows no clock: what it is told is all it knows, and the same
 *  told twice gives the same decision. Whoever calls it keeps `state` and `variables` between calls, creates what `start` names,
 *  and appends `decision` to the run's record. */

const nothing: Recorded = { result: () => undefined, elements: () => [] };

/** The first decision of a run: its entry tasks start.
 *  @param witness as for {@link advance}.
 *  @param recorded where a run is decided again: what was recorded of it. */
export function begin(graph: WorkflowGraph, facts: RunFacts, witness?: Witness, recorded: Recorded = nothing): Step {
  const turn = newTurn(graph, newState(graph), graph.definition.vars, facts, null, recorded, witness);
  for (const entry of graph.entries) {
    const node = nodeOf(graph, entry);
    startTask(turn, node, entryPosition(node), null);
  }
  return finishTurn(turn, null);
}

/** What follows from the end of one attempt. One that the run does not wait for (it was told before, or was overtaken by another
 *  attempt) changes nothing; the decision says so.
 *  @param recorded what {@link neededFor} asked for.
 *  @param witness sees every condition as it is evaluated, as an explanation wants it; undefined: nobody looks. */
export function advance(
  graph: WorkflowGraph,
  state: RunState,
  variables: JsonObject,
  facts: RunFacts,
  finished: Finished,
  recorded: Recorded,
  witness?: Witness,
): Step {
  const turn = newTurn(graph, copyOf(state), variables, facts, finished, recorded, witness);
  if ((finished.item ?? null) !== null) return advanceItem(turn, finished);
  const { task, visit, outcome } = finished;
  const node = nodeOf(graph, task);
  const run = activeRun(turn.state, node, visit);
  if (run?.attempt !== finished.attempt || run.waits) return ignore(turn, finished);
  turn.results.set(resultKey(task, visit), () => finished.result);
  if (outcome === 'cancelled') return endRun(turn, node, visit, { position: run.position, outcome });

  const view = lazily(() => resultView(finished.result));
  const ended: EndedTask = { task, visit, position: run.position, outcome, view };
  if (isRetried(turn, node, finished, run.retries_left, ended)) {
    const retries_left = run.retries_left - 1;
    putActive(turn.state, node, visit, { ...run, retries_left, waits: true });
    return retryStep(turn, node, finished, retries_left);
  }
  return endRun(turn, node, visit, ended);
}

/** The state once the next attempt of a run exists: the successor of a retry, or a restart after a lost worker. Of a run that is
 *  not waited for it changes nothing. */
export function retried(
  graph: WorkflowGraph,
  state: RunState,
  { task, visit, item, attempt }: { task: string; visit: number; item?: number | null; attempt: number },
): RunState {
  const node = nodeOf(graph, task);
  const next = copyOf(state);
  if (item === undefined || item === null) {
    const run = activeRun(next, node, visit);
    if (run !== undefined) putActive(next, node, visit, { ...run, attempt, waits: false });
    return next;
  }
  const run = itemsRun(next, task, visit);
  if (run === undefined) return next;
  const before = attemptOfItem(run, item, node.definition.retry?.count ?? 0);
  if (before === undefined) return next;
  const { retries_left } = before;
  putItems(next, task, visit, withItemAttempt(run, item, { attempt, retries_left, waits: false }));
  return next;
}

/** Whether a retry that was decided is still to be made. A run that was made to fail meanwhile gives its retries up, and so does a
 *  task of whose items one has failed for good. */
export function awaitsRetry(state: RunState, task: string, visit: number, item: number | null = null): boolean {
  const run: { waits?: boolean } | undefined =
    item === null ? own(state.active, task)?.[visit] : itemsRun(state, task, visit)?.retried[item];
  return run?.waits === true;
}

/** Ends a run for good and evaluates its transitions, but those of a cancelled one, and none where the workflow fails already. */
function endRun(
  turn: Turn,
  node: TaskNode,
  visit: number,
  ended: EndedTask | { position: Position; outcome: 'cancelled' },
): Step {
  const task = node.definition.name;
  const hasFailed = ended.outcome !== 'succeeded';
  removeRun(turn.state, task, visit);
  setStanding(turn.state, node, ended.outcome === 'cancelled' ? 'cancelled' : hasFailed ? 'failed' : 'completed');
  rememberEnded(turn, { task, visit, position: ended.position, skipped: false });
  if (ended.outcome === 'cancelled') {
    turn.state.cancelled = true;
    return finishTurn(turn, null);
  }
  if (isFailing(turn)) return finishTurn(turn, ended);
  const isHandled = fire(turn, ended);
  if (hasFailed && isHandled) setStanding(turn.state, node, 'completed');
  else if (hasFailed) turn.state.tasks = withUnhandled(turn.state.tasks, node);
  return finishTurn(turn, ended);
}

/** What follows from the end of an attempt of one item: another attempt, other items, or the end of the task. */
function advanceItem(turn: Turn, finished: Finished): Step {
  const { task, visit, outcome } = finished;
  const item = finished.item ?? 0;
  const node = nodeOf(turn.graph, task);
  const retries = node.definition.retry?.count ?? 0;
  const run = itemsRun(turn.state, task, visit);
  if (run === undefined) return ignore(turn, finished);
  const before = attemptOfItem(run, item, retries);
  if (before?.attempt !== finished.attempt || before.waits) return ignore(turn, finished);
  const ended: EndedTask = {
    ...{ task, visit, position: run.position },
    outcome: outcome === 'cancelled' ? 'failed' : outcome,
    view: lazily(() => resultView(finished.result)),
  };
  if (outcome !== 'cancelled' && !run.stops && isRetried(turn, node, finished, before.retries_left, ended)) {
    const retries_left = before.retries_left - 1;
    const end = outcome === 'timed_out' ? 'timed_out' : 'failed';
    putItems(turn.state, task, visit, withItemAttempt(run, item, { ...before, retries_left, waits: true, ended: end }));
    return retryStep(turn, node, finished, retries_left);
  }
  // a condition of the retry that cannot be evaluated has stopped the run meanwhile
  const now = itemsRun(turn.state, task, visit) ?? run;
  const end = withEnd(withoutItem(now, item), outcome === 'abandoned' ? 'failed' : outcome);
  const rest = end.stops ? stopped(end) : end;
  putItems(turn.state, task, visit, rest);
  if (!isFailing(turn)) releaseItems(turn, node, visit);
  return isOver(turn, task, visit) ? endItems(turn, node, finished, rest) : finishTurn(turn, null);
}

const isOver = (turn: Turn, task: string, visit: number): boolean => {
  const run = itemsRun(turn.state, task, visit);
  return run !== undefined && isQuiet(run);
};

function endItems(turn: Turn, node: TaskNode, last: Finished, run: ItemsRun): Step {
  const { task, visit } = last;
  const outcome = outcomeOf(run);
  if (outcome === 'cancelled') return endRun(turn, node, visit, { position: run.position, outcome });
  turn.results.set(
    resultKey(task, visit),
    lazily(() => listOfResults(turn, run, last)),
  );
  const view = lazily(() => viewOf(node, resultOf(turn, task, visit) ?? null));
  return endRun(turn, node, visit, { task, visit, position: run.position, outcome, view });
}

/** What was recorded of the items, and what the last of them to end came to. */
function listOfResults(
  { recorded }: Turn,
  { count }: ItemsRun,
  { task, visit, item, outcome, result }: Finished,
): Json {
  const known = recorded.result(task, visit);
  const results = Array.isArray(known) ? known : [];
  return Array.from({ length: count }, (_, index) => {
    if (index === item) return outcome === 'succeeded' ? result : null;
    return results[index] ?? null;
  });
}

function ignore(turn: Turn, { task, visit, item, attempt }: Finished): Step {
  const of = item === undefined || item === null ? '' : `, item ${item}`;
  turn.decision.ignored = `the run does not wait for attempt ${attempt} of '${task}', visit ${visit}${of}`;
  return stepOf(turn, null, null);
}

/** Whether another attempt follows. An error in `on_error` makes the run fail, so none does. */
function isRetried(
  turn: Turn,
  { definition }: TaskNode,
  { outcome, started = true }: Finished,
  retriesLeft: number,
  ended: EndedTask,
): boolean {
  if (definition.retry === null || outcome === 'succeeded' || retriesLeft === 0 || !started) return false;
  if (isFailing(turn)) return false;
  const { name } = definition;
  const program = turn.graph.programOf(name);
  const of = { kind: 'retry', task: name, visit: ended.visit } as const;
  const scope = runScope(turn, ended, ended, program.reads.retrying.tasks);
  const condition = holdsFor(turn, of, program.on_error, scope);
  if (condition.error === undefined) return condition.value;
  failRun(turn, explain(`task '${name}', retry.on_error`, condition.error));
  return false;
}

function retryStep(turn: Turn, { definition }: TaskNode, finished: Finished, retriesLeft: number): Step {
  const { task, visit, attempt, item = null } = finished;
  if (definition.retry === null) throw new Error(`The task '${task}' is not retried`);
  const retry_count = definition.retry.count - retriesLeft;
  const delay_seconds = retryDelay(definition.retry, retry_count);
  turn.decision.retry = { retry_count, delay_seconds };
  return stepOf(turn, { task, visit, item, attempt, retry_count, delay_seconds }, null);
}

function newTurn(
  graph: WorkflowGraph,
  state: RunState,
  variables: JsonObject,
  facts: RunFacts,
  finished: Finished | null,
  recorded: Recorded,
  witness: Witness | undefined,
): Turn {
  return {
    graph,
    facts,
    recorded,
    results: new Map(),
    witness,
    state,
    variables: { ...variables },
    start: [],
    skipped: [],
    lists: [],
    decision: { finished: finished && toldOf(finished), transitions: [], targets: [] },
    queue: [],
    touched: new Set(),
  };
}

const toldOf = ({ task, visit, item, attempt, outcome, started }: Finished): Decision['finished'] => ({
  ...{ task, visit, attempt, outcome },
  ...(item === undefined || item === null ? {} : { item }),
  ...(started === false ? { started } : {}),
});

function finishTurn(turn: Turn, last: EndedTask | null): Step {
  settle(turn);
  prune(turn.graph, turn.state, turn.touched);
  const outcome = conclude(turn, last);
  if (outcome !== null) turn.decision.outcome = outcome;
  return stepOf(turn, null, outcome);
}

function stepOf(turn: Turn, retry: Step['retry'], outcome: Step['outcome']): Step {
  const { graph, state, variables, start, skipped, lists, decision } = turn;
  return {
    ...{ state, variables, start, retry, skipped, lists, decision, outcome },
    get tasks() {
      return listTasks(graph, state);
    },
  };
}
