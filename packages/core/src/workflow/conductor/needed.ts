import { targetsOf } from '../definition.ts';
import { nodeOf, type TaskNode, type WorkflowGraph } from '../graph/graph.ts';
import { itemsOf, joined, type Reads } from '../program.ts';
import { attemptOfItem, elementsOf, isQuiet, releasable, stopped, withEnd, withoutItem } from './items-run.ts';
import { activeRun, activeRuns, endedRuns, itemsRun, type RunState } from './state.ts';
import type { Finished } from './step.ts';

/** What a decision may ask of the run's record, so that it can be loaded before. */
export interface Needed {
  /** Results of runs of tasks that have ended, and the own one of a task with items that may end. */
  results: NeededResult[];
  /** Elements of the list of a task with items, from an index up to but not including another. */
  elements: { task: string; visit: number; from: number; to: number } | null;
}

export interface NeededResult {
  task: string;
  visit: number;
  /** Whether the task has items: then what is needed is the list of their results. */
  items: boolean;
}

type Told = Omit<Finished, 'result'>;

/** What may be read when an attempt ends: by the task's own transitions, by what they may start or skip, by items that may be
 *  released, and, if nothing else runs, by the `output_map`. Of a task outside all loops that is one run; of one inside, one for each
 *  iteration that somebody may still be in. Of an item that is not its task's last, it is next to nothing. */
export function neededFor(graph: WorkflowGraph, state: RunState, told: Told): Needed {
  const node = nodeOf(graph, told.task);
  const { reads: own } = graph.programOf(told.task);
  const stage = stageOf(graph, state, node, told);
  const reads: Reads[] = [];
  const more: NeededResult[] = [];
  if (told.outcome !== 'succeeded') reads.push(own.retrying);
  if (stage.elements !== null) {
    reads.push(own.releasing);
    if (own.releasing.result && stage.by !== null) more.push(neededResult(graph, stage.by));
  }
  if (stage.mayEnd) {
    const ending = readsAtEnd(graph, state, told.task);
    reads.push(...ending.reads);
    const tasks = joined(reads.map((one) => one.tasks));
    const isRead = ending.result || tasks === 'all' || tasks.has(told.task);
    if (isItem(told) && isRead) more.push({ task: told.task, visit: told.visit, items: true });
  }
  const results = [...resultsRead(graph, state, reads), ...more];
  const distinct = new Map(results.map((result) => [`${result.visit} ${result.task}`, result]));
  return { results: [...distinct.values()], elements: stage.elements };
}

interface Stage {
  /** Whether the task may end with this. */
  mayEnd: boolean;
  /** Those of the items that may be released. */
  elements: Needed['elements'];
  /** What started a task with items. */
  by: { task: string; visit: number } | null;
}

const nothing: Stage = { mayEnd: false, elements: null, by: null };

const isItem = ({ item }: Pick<Told, 'item'>): boolean => item !== undefined && item !== null;

function stageOf(graph: WorkflowGraph, state: RunState, node: TaskNode, told: Told): Stage {
  const { task, visit, outcome, item = null } = told;
  if (item === null) {
    const retriesLeft = activeRun(state, node, visit)?.retries_left ?? 0;
    return { ...nothing, mayEnd: !isSurelyRetried(graph, state, told, retriesLeft) };
  }
  const { batch_size, retry } = node.definition;
  const run = itemsRun(state, task, visit);
  if (run === undefined) return nothing;
  const attempt = attemptOfItem(run, item, retry?.count ?? 0);
  if (attempt === undefined) return nothing;
  if (!run.stops && isSurelyRetried(graph, state, told, attempt.retries_left)) return nothing;
  const rest = withEnd(withoutItem(run, item), outcome === 'abandoned' ? 'failed' : outcome);
  const { from, to } = releasable(rest);
  if (from < to && state.failure === null) {
    const elements = { from: elementsOf(rest, from, batch_size).from, to: elementsOf(rest, to - 1, batch_size).to };
    return { mayEnd: false, elements: { task, visit, ...elements }, by: run.by };
  }
  return { ...nothing, mayEnd: isQuiet(rest.stops ? stopped(rest) : rest) };
}

function isSurelyRetried(
  graph: WorkflowGraph,
  state: RunState,
  { task, outcome, started = true }: Told,
  retriesLeft: number,
): boolean {
  if (outcome === 'succeeded' || outcome === 'cancelled' || !started || retriesLeft === 0) return false;
  return state.failure === null && graph.programOf(task).on_error === null;
}

/** What is read when a task ends, and whether that is its own result. */
function readsAtEnd(graph: WorkflowGraph, state: RunState, task: string): { reads: Reads[]; result: boolean } {
  const ending = state.failure === null ? [task] : [];
  const starting = new Set<string>();
  for (const name of ending) {
    for (const target of targetsOf(nodeOf(graph, name).definition)) {
      if (starting.has(target)) continue;
      starting.add(target);
      if (mayPassAtOnce(nodeOf(graph, target)) && !ending.includes(target)) ending.push(target);
    }
  }
  const direct = state.failure === null ? targetsOf(nodeOf(graph, task).definition) : [];
  const own = [
    ...ending.slice(0, 1).map((name) => graph.programOf(name).reads.ending),
    ...direct.map((name) => graph.programOf(name).reads.starting),
    // A run that only skips tasks from here on ends with this step.
    ...(isLast(graph, state) ? [graph.outputReads()] : []),
  ];
  const further = [
    ...ending.slice(1).map((name) => graph.programOf(name).reads.ending),
    ...[...starting].map((name) => graph.programOf(name).reads.starting),
  ];
  return { reads: [...own, ...further], result: own.some((reads) => reads.result) };
}

/** What is skipped, or has no items, hands on to its own targets in the same step. */
const mayPassAtOnce = ({ definition }: TaskNode): boolean => definition.when !== null || itemsOf(definition) !== null;

/** Whether nothing else runs. A run that is made to fail gives up the retries that wait, so only what really runs can keep it from
 *  ending. */
function isLast(graph: WorkflowGraph, state: RunState): boolean {
  let running = 0;
  for (const run of activeRuns(graph, state)) {
    if (!run.waits && ++running > 1) return false;
  }
  return true;
}

function resultsRead(graph: WorkflowGraph, state: RunState, reads: readonly Reads[]): NeededResult[] {
  const names = joined(reads.map((one) => one.tasks));
  if (names !== 'all' && names.size === 0) return [];
  const nodes = names === 'all' ? graph.nodes : graph.nodes.filter(({ definition }) => names.has(definition.name));
  return nodes.flatMap((node) => {
    const runs = endedRuns(state, node);
    const wanted = node.loops.length === 0 ? runs.slice(-1) : runs;
    return wanted
      .filter((run) => !run.skipped)
      .map(({ visit }) => neededResult(graph, { task: node.definition.name, visit }));
  });
}

const neededResult = (graph: WorkflowGraph, { task, visit }: { task: string; visit: number }): NeededResult => ({
  ...{ task, visit },
  items: itemsOf(nodeOf(graph, task).definition) !== null,
});
