import type { Json, JsonObject } from '../../json.ts';
import type { RetryPolicy } from '../definition.ts';
import { nodeOf, type WorkflowGraph } from '../graph/graph.ts';
import { entryPosition } from '../graph/position.ts';
import { settle } from './arrive.ts';
import { conclude } from './conclude.ts';
import { explain } from './evaluate.ts';
import { fire } from './fire.ts';
import { prune } from './prune.ts';
import { rememberEnded } from './remember.ts';
import { resultView } from './result-view.ts';
import { retryDelay } from './retry-delay.ts';
import { runScope } from './scope.ts';
import { startTask } from './start.ts';
import { activeRun, addActive, copyOf, newState, removeActive, type ActiveRun, type RunState } from './state.ts';
import type { Finished, Recorded, RunFacts, Step } from './step.ts';
import { failRun, isFailing, type EndedTask, type Turn } from './turn.ts';
import { holdsFor, type Witness } from './witness.ts';

/** The conductor decides what a workflow does next. It does no I/O and knows no clock: what it is told is all it knows, and the same
 *  told twice gives the same decision. Whoever calls it keeps `state` and `variables` between calls, creates what `start` names,
 *  and appends `decision` to the run's record. */

const nothing: Recorded = { result: () => undefined, elements: () => [] };

/** The first decision of a run: its entry tasks start. */
export function begin(graph: WorkflowGraph, facts: RunFacts, witness?: Witness): Step {
  const turn = newTurn(graph, newState(), graph.definition.vars, facts, null, nothing, witness);
  for (const entry of graph.entries) {
    const node = nodeOf(graph, entry);
    startTask(turn, node, entryPosition(node), null);
  }
  return finishTurn(turn, null);
}

/** What follows from the end of one attempt. One that the run does not wait for (it was told before, or was overtaken by another
 *  attempt) changes nothing; the decision says so.
 *  @param recorded what {@link resultsNeeded} asked for.
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
  const { task, visit, result } = finished;
  const known: Recorded = {
    ...recorded,
    result: (name, number) => (name === task && number === visit ? result : recorded.result(name, number)),
  };
  const turn = newTurn(graph, copyOf(state), variables, facts, finished, known, witness);
  const run = activeRun(turn.state, task, visit);
  if (run?.attempt !== finished.attempt || run.waits) {
    turn.decision.ignored = `the run does not wait for attempt ${finished.attempt} of '${task}', visit ${visit}`;
    return stepOf(turn, null, null);
  }
  const { definition } = nodeOf(graph, task);
  if (finished.outcome === 'cancelled') {
    turn.state.cancelled = true;
    endRun(turn, finished, run, 'cancelled');
    return finishTurn(turn, null);
  }
  const ended: EndedTask = { task, visit, position: run.position, outcome: finished.outcome, view: resultView(result) };
  if (definition.retry !== null && isRetried(turn, task, finished, run, ended)) {
    return retryStep(turn, definition.retry, finished, run);
  }

  const hasFailed = finished.outcome !== 'succeeded';
  const isHandled = endAndFire(turn, finished, run, ended);
  if (hasFailed && isHandled === false && !turn.state.unhandled.includes(task)) turn.state.unhandled.push(task);
  return finishTurn(turn, ended);
}

/** The state once the next attempt of a run exists: the successor of a retry, or a restart after a lost worker. Of a run that is
 *  not waited for it changes nothing. */
export function retried(state: RunState, task: string, visit: number, attempt: number): RunState {
  const run = activeRun(state, task, visit);
  if (run === undefined) return state;
  const next = copyOf(state);
  addActive(next, task, visit, { ...run, attempt, waits: false });
  return next;
}

/** Whether a retry that was decided is still to be made. A run that was made to fail meanwhile gives its retries up. */
export const awaitsRetry = (state: RunState, task: string, visit: number): boolean =>
  activeRun(state, task, visit)?.waits === true;

/** Ends a run for good and evaluates its transitions.
 *  @returns whether a fired transition named a target; null where none was evaluated, for the run of the workflow fails already. */
function endAndFire(turn: Turn, finished: Finished, run: ActiveRun, ended: EndedTask): boolean | null {
  const hasFailed = finished.outcome !== 'succeeded';
  endRun(turn, finished, run, hasFailed ? 'failed' : 'completed');
  if (isFailing(turn)) return null;
  const isHandled = fire(turn, ended);
  const progress = turn.state.tasks[finished.task];
  if (progress !== undefined && hasFailed && isHandled) progress.status = 'completed';
  return isHandled;
}

function endRun(
  turn: Turn,
  { task, visit }: Finished,
  run: ActiveRun,
  status: 'completed' | 'failed' | 'cancelled',
): void {
  removeActive(turn.state, task, visit);
  const progress = turn.state.tasks[task];
  if (progress !== undefined) progress.status = status;
  rememberEnded(turn, { task, visit, position: run.position, skipped: false });
}

/** Whether another attempt follows. An error in `on_error` makes the run fail, so none does. */
function isRetried(
  turn: Turn,
  name: string,
  { outcome, started = true }: Finished,
  run: ActiveRun,
  ended: EndedTask,
): boolean {
  if (outcome === 'succeeded' || run.retries_left === 0 || !started || isFailing(turn)) return false;
  const program = turn.graph.programOf(name);
  const of = { kind: 'retry', task: name, visit: ended.visit } as const;
  const condition = holdsFor(turn, of, program.on_error, runScope(turn, ended, ended, program.reads.ending));
  if (condition.error === undefined) return condition.value;
  failRun(turn, explain(`task '${name}', retry.on_error`, condition.error));
  return false;
}

function retryStep(turn: Turn, retry: RetryPolicy, finished: Finished, run: ActiveRun): Step {
  const { task, visit, attempt } = finished;
  const retries_left = run.retries_left - 1;
  const retry_count = retry.count - retries_left;
  const delay_seconds = retryDelay(retry, retry_count);
  addActive(turn.state, task, visit, { ...run, retries_left, waits: true });
  turn.decision.retry = { retry_count, delay_seconds };
  return stepOf(turn, { task, visit, attempt, retry_count, delay_seconds }, null);
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
  const told = finished && {
    task: finished.task,
    visit: finished.visit,
    attempt: finished.attempt,
    outcome: finished.outcome,
  };
  return {
    graph,
    facts,
    recorded,
    witness,
    state,
    variables: { ...variables },
    start: [],
    skipped: [],
    decision: { finished: told, transitions: [], targets: [] },
    queue: [],
    touched: new Set(),
  };
}

function finishTurn(turn: Turn, last: EndedTask | null): Step {
  settle(turn);
  prune(turn.graph, turn.state, turn.touched);
  const outcome = conclude(turn, last);
  if (outcome !== null) turn.decision.outcome = outcome;
  return stepOf(turn, null, outcome);
}

function stepOf(turn: Turn, retry: Step['retry'], outcome: Step['outcome']): Step {
  const { state, variables, start, skipped, decision, graph } = turn;
  const names = [...graph.tasks.keys()];
  const isActive = (task: string): boolean => Object.hasOwn(state.active, task);
  const standing = (status: Json): string[] =>
    names.filter((task) => !isActive(task) && Object.hasOwn(state.tasks, task) && state.tasks[task]?.status === status);
  return {
    state,
    variables,
    start,
    retry,
    skipped,
    decision,
    outcome,
    tasks: {
      current_tasks: names.filter(isActive),
      completed_tasks: standing('completed'),
      failed_tasks: standing('failed'),
      skipped_tasks: standing('skipped'),
    },
  };
}
