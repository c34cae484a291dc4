import type { JsonObject } from '../../json.ts';
import { nodeOf, type WorkflowGraph } from '../graph/graph.ts';
import { entryPosition } from '../graph/position.ts';
import { lazily } from '../lazily.ts';
import { advanceItem } from './advance-item.ts';
import { endRun } from './end-run.ts';
import { finishTurn, ignore } from './finish-turn.ts';
import { attemptOfItem, withItemAttempt } from './items-run.ts';
import { newTurn } from './new-turn.ts';
import { resultView } from './result-view.ts';
import { isRetried, retryStep } from './retry.ts';
import { startTask } from './start.ts';
import { activeRun, copyOf, itemsRun, newState, own, putActive, putItems, type RunState } from './state.ts';
import type { Finished, Recorded, RunFacts, Step } from './step.ts';
import { resultKey, type EndedTask } from './turn.ts';
import type { Witness } from './witness.ts';

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
