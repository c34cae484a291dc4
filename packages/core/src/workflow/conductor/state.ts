import type { TaskNode, WorkflowGraph } from '../graph/graph.ts';
import type { Position } from '../graph/position.ts';
import type { ItemsRun } from './items-run.ts';
import { countIn } from './intervals.ts';
import type { Marks } from './marks.ts';
import { newStandings, placesBegun, standingIn, withStanding, type Standing, type Standings } from './standing.ts';

/** What the conductor has to remember of a run between two steps; plain JSON. It is a cache of the run's record: replaying the
 *  decisions rebuilds it.
 *
 *  It does not grow with the number of tasks that ended. `tasks` is as long as the file has tasks, from the first step on. The rest
 *  holds only what does not follow from it: most tasks are in no loop and behind none, so they run once, and one letter says all about
 *  them. `active` and `items` hold what runs. `started`, `waiting` and `ended` hold an entry for each position that something active
 *  may still come to, for tasks where branches meet or that somebody reads; prune.ts takes the others out. */
export interface RunState {
  tasks: Standings;
  /** Runs so far of tasks that ran more than once, skipped ones included. */
  visits: Record<string, number>;
  /** Runs that exist and have not ended, by task and visit, as far as they differ from what is usual: see {@link activeRun}. */
  active: Record<string, Record<string, Partial<ActiveRun>>>;
  /** Those of tasks with items. */
  items: Record<string, Record<string, ItemsRun>>;
  /** The positions at which a task that merges branches has started. */
  started: Record<string, Position[]>;
  /** Arrivals at joins that are not met yet. */
  waiting: Record<string, Arrivals[]>;
  /** Runs of tasks that some expression reads, in the order they ended: see {@link endedRuns}. */
  ended: Record<string, EndedRun[]>;
  /** Joins that were reached and can no longer be met: the first arrivals of which this was found. */
  unmet: Record<string, Arrivals>;
  /** Why the run fails; once set, nothing more starts. */
  failure: string | null;
  /** Whether a task was cancelled: the run will end as cancelled. */
  cancelled: boolean;
}

export interface ActiveRun {
  position: Position;
  /** The attempt that runs, or the failed one that will be followed by another. */
  attempt: number;
  /** Retries the policy still allows. */
  retries_left: number;
  /** Whether the next attempt is due but does not exist yet. */
  waits: boolean;
}

export interface Arrivals {
  position: Position;
  /** Which of the predecessors have led here. */
  from: Marks;
}

export interface EndedRun {
  position: Position;
  visit: number;
  /** A skipped run has no execution; its result is null. */
  skipped: boolean;
}

export const newState = (graph: WorkflowGraph): RunState => ({
  tasks: newStandings(graph.nodes.length),
  visits: {},
  active: {},
  items: {},
  started: {},
  waiting: {},
  ended: {},
  unmet: {},
  failure: null,
  cancelled: false,
});

/** State is small and holds no large integers, so the plain way is the fastest. */
export const copyOf = (state: RunState): RunState => JSON.parse(JSON.stringify(state)) as RunState;

export function setStanding(state: RunState, node: TaskNode, standing: Standing): void {
  state.tasks = withStanding(state.tasks, node, standing);
}

export const visitsOf = (state: RunState, node: TaskNode): number =>
  own(state.visits, node.definition.name) ?? (standingIn(state.tasks, node) === 'none' ? 0 : 1);

/** A run that exists and has not ended, items apart. What is not kept of it is as usual: the first attempt, which runs, of a task at
 *  the empty position. */
export function activeRun(state: RunState, node: TaskNode, visit: number): ActiveRun | undefined {
  const { name, retry } = node.definition;
  const kept = own(state.active, name)?.[visit];
  if (kept === undefined && !(visit === 1 && isUsual(state, node))) return undefined;
  return { position: {}, attempt: 1, retries_left: retry?.count ?? 0, waits: false, ...kept };
}

/** Whether a task's one run is under way and nothing is kept of it, for it is as usual. */
const isUsual = (state: RunState, node: TaskNode): boolean => {
  const { name } = node.definition;
  if (!node.runsOnce || standingIn(state.tasks, node) !== 'begun') return false;
  return own(state.active, name) === undefined && own(state.items, name) === undefined;
};

export function putActive(state: RunState, node: TaskNode, visit: number, run: ActiveRun): void {
  const { name, retry } = node.definition;
  const kept: Partial<ActiveRun> = {
    ...(Object.keys(run.position).length === 0 ? {} : { position: run.position }),
    ...(run.attempt === 1 ? {} : { attempt: run.attempt }),
    ...(run.retries_left === (retry?.count ?? 0) ? {} : { retries_left: run.retries_left }),
    ...(run.waits ? { waits: true } : {}),
  };
  if (node.runsOnce && Object.keys(kept).length === 0) removeFrom(state.active, name, visit);
  else state.active[name] = { ...own(state.active, name), [visit]: kept };
}

export const itemsRun = (state: RunState, task: string, visit: number): ItemsRun | undefined =>
  own(state.items, task)?.[visit];

export function putItems(state: RunState, task: string, visit: number, run: ItemsRun): void {
  state.items[task] = { ...own(state.items, task), [visit]: run };
}

/** Takes a run out that has ended; how the task stands is for the caller to say. */
export function removeRun(state: RunState, task: string, visit: number): void {
  removeFrom(state.active, task, visit);
  removeFrom(state.items, task, visit);
}

function removeFrom<T>(map: Record<string, Record<string, T>>, task: string, visit: number): void {
  const runs = own(map, task);
  if (runs === undefined) return;
  const others = Object.entries(runs).filter(([number]) => number !== String(visit));
  if (others.length === 0) Reflect.deleteProperty(map, task);
  else map[task] = Object.fromEntries(others);
}

/** Every run of a task that exists and has not ended; `waits` if all there is of it waits to be retried. */
export function* activeRuns(
  graph: WorkflowGraph,
  state: RunState,
): Generator<{ task: string; visit: number; position: Position; waits: boolean }> {
  for (const [task, runs] of Object.entries(state.active)) {
    for (const [visit, { position = {}, waits = false }] of Object.entries(runs)) {
      yield { task, visit: Number(visit), position, waits };
    }
  }
  for (const [task, runs] of Object.entries(state.items)) {
    for (const [visit, { position, live, retried }] of Object.entries(runs)) {
      const waiting = Object.values(retried).filter((item) => item.waits).length;
      yield { task, visit: Number(visit), position, waits: countIn(live) === waiting };
    }
  }
  for (const place of placesBegun(state.tasks)) {
    const node = graph.nodes[place];
    if (node === undefined || !isUsual(state, node)) continue;
    yield { task: node.definition.name, visit: 1, position: {}, waits: false };
  }
}

/** The runs of a task that have ended and may be read, in the order they did. Of a task in no loop this is the last one; while it ran
 *  once, its standing says so and nothing is kept. */
export function endedRuns(state: RunState, node: TaskNode): readonly EndedRun[] {
  const kept = own(state.ended, node.definition.name);
  if (kept !== undefined) return kept;
  if (node.loops.length > 0 || visitsOf(state, node) !== 1) return [];
  const standing = standingIn(state.tasks, node);
  if (standing === 'begun' || standing === 'refused' || standing === 'given_up') return [];
  return [{ position: {}, visit: 1, skipped: standing === 'skipped' }];
}

/** An own entry of a map by task name; a task may be called `constructor`. */
export const own = <T>(map: Record<string, T>, task: string): T | undefined =>
  Object.hasOwn(map, task) ? map[task] : undefined;

export const listOf = <T>(map: Record<string, T[]>, task: string): T[] => own(map, task) ?? [];
