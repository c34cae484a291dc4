import type { Json } from '../../json.ts';
import { nodeOf, type TaskNode } from '../graph/graph.ts';
import { inputOf } from './input.ts';
import { elementsOf, releasable, released, type ItemsRun } from './items-run.ts';
import { viewOf } from './result-view.ts';
import { runScope, type Ended } from './scope.ts';
import { itemsRun, putItems } from './state.ts';
import { resultOf, type Turn } from './turn.ts';

/** Starts as many items of a run as may be under way beside those that are. One that cannot start has failed, so none starts behind
 *  it.
 *  @param startedBy what started the run, where it starts in this step; undefined: it is looked up. */
export function releaseItems(turn: Turn, node: TaskNode, visit: number, startedBy?: Ended): void {
  const task = node.definition.name;
  const run = itemsRun(turn.state, task, visit);
  if (run === undefined) return;
  const { from, to } = releasable(run);
  if (from >= to) return;
  const { delay, retry, timeout, action, batch_size } = node.definition;
  const last = elementsOf(run, to - 1, batch_size).to;
  const first = elementsOf(run, from, batch_size).from;
  const elements = listedElements(turn, task, visit, first, last);
  const by = startedBy === undefined ? byOf(turn, run) : startedBy;
  let next = from;
  let stops = false;
  while (next < to && !stops) {
    const index = next++;
    const place = elementsOf(run, index, batch_size);
    const part = elements.slice(place.from - first, place.to - first);
    const item = batch_size === null ? (part[0] ?? null) : part;
    const reads = turn.graph.programOf(task).reads.releasing.tasks;
    const scope = runScope(turn, { task, position: run.position }, by, reads, { item, index });
    const { input, error } = inputOf(turn, node, scope);
    stops = error !== null;
    turn.start.push({
      ...{ task, visit, attempt: 1, retry_count: 0 },
      max_retries: error === null ? (retry?.count ?? 0) : 0,
      position: run.position,
      item: { index, count: run.count },
      triggered_by: run.by?.task ?? null,
      ...{ action, input },
      delay_seconds: error === null ? delay : 0,
      timeout_seconds: timeout,
      error,
    });
  }
  putItems(turn.state, task, visit, { ...released(run, next), stops });
  turn.decision.released = [...(turn.decision.released ?? []), { task, visit, from, to: next }];
}

/** Of a list that was rendered in this very step, or was kept when it was. */
function listedElements(turn: Turn, task: string, visit: number, from: number, to: number): readonly Json[] {
  const own = turn.lists.find((list) => list.task === task && list.visit === visit);
  return own === undefined ? turn.recorded.elements(task, visit, from, to) : own.elements.slice(from, to);
}

/** What started the run, as the input of the first item saw it, for those released later. */
function byOf(turn: Turn, { by }: ItemsRun): Ended {
  if (by === null) return null;
  const { task, visit, outcome } = by;
  const view = (): Json =>
    outcome === 'skipped' ? null : viewOf(nodeOf(turn.graph, task), resultOf(turn, task, visit) ?? null);
  return { task, outcome, view };
}
