import type { Json } from '../../json.ts';
import { nodeOf, type TaskNode } from '../graph/graph.ts';
import { lazily } from '../lazily.ts';
import { endRun } from './end-run.ts';
import { finishTurn, ignore } from './finish-turn.ts';
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
import { releaseItems } from './release-items.ts';
import { resultView, viewOf } from './result-view.ts';
import { isRetried, retryStep } from './retry.ts';
import { itemsRun, putItems } from './state.ts';
import type { Finished, Step } from './step.ts';
import { isFailing, resultKey, resultOf, type EndedTask, type Turn } from './turn.ts';

/** What follows from the end of an attempt of one item: another attempt, other items, or the end of the task. */
export function advanceItem(turn: Turn, finished: Finished): Step {
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
