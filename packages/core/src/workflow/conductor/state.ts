import type { Position } from '../graph/position.ts';

/** What the conductor has to remember of a run between two steps; plain JSON. It is a cache of the run's record: replaying the
 *  decisions rebuilds it.
 *
 *  It must not grow with the number of tasks that ended. `tasks`, `unhandled` and `unmet` hold at most one entry for each task of
 *  the file. `active` holds what runs. `started`, `waiting` and `ended` hold an entry for each position that something active may
 *  still come to, for tasks where branches meet or that somebody reads; prune.ts takes the others out. */
export interface RunState {
  /** Runs of tasks that exist and have not ended, by task and visit. */
  active: Record<string, Record<string, ActiveRun>>;
  tasks: Record<string, TaskProgress>;
  /** The positions at which a task that merges branches has started. */
  started: Record<string, Position[]>;
  /** Arrivals at joins that are not met yet. */
  waiting: Record<string, Arrivals[]>;
  /** Runs of tasks that some expression reads, in the order they ended. */
  ended: Record<string, EndedRun[]>;
  /** Tasks that failed without a transition to handle it. */
  unhandled: string[];
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

export interface TaskProgress {
  /** Runs so far, skipped ones included. */
  visits: number;
  /** How the last run ended that did; a handled failure counts as completed. */
  status: 'completed' | 'failed' | 'skipped' | 'cancelled' | null;
}

export interface Arrivals {
  position: Position;
  from: string[];
}

export interface EndedRun {
  position: Position;
  visit: number;
  /** A skipped run has no execution; its result is null. */
  skipped: boolean;
}

export const newState = (): RunState => ({
  active: {},
  tasks: {},
  started: {},
  waiting: {},
  ended: {},
  unhandled: [],
  unmet: {},
  failure: null,
  cancelled: false,
});

/** State is small and holds no large integers, so the plain way is the fastest. */
export const copyOf = (state: RunState): RunState => JSON.parse(JSON.stringify(state)) as RunState;

export const activeRun = (state: RunState, task: string, visit: number): ActiveRun | undefined =>
  Object.hasOwn(state.active, task) ? state.active[task]?.[visit] : undefined;

export function* activeRuns(state: RunState): Generator<{ task: string; position: Position; waits: boolean }> {
  for (const [task, runs] of Object.entries(state.active)) {
    for (const { position, waits } of Object.values(runs)) yield { task, position, waits };
  }
}

export function addActive(state: RunState, task: string, visit: number, run: ActiveRun): void {
  state.active[task] = { ...own(state.active, task), [visit]: run };
}

export function removeActive(state: RunState, task: string, visit: number): void {
  const others = Object.entries(own(state.active, task) ?? {}).filter(([number]) => number !== String(visit));
  if (others.length === 0) Reflect.deleteProperty(state.active, task);
  else state.active[task] = Object.fromEntries(others);
}

/** An own entry of a map by task name; a task may be called `constructor`. */
export const own = <T>(map: Record<string, T>, task: string): T | undefined =>
  Object.hasOwn(map, task) ? map[task] : undefined;

export const listOf = <T>(map: Record<string, T[]>, task: string): T[] => own(map, task) ?? [];
