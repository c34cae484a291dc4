/** A process that a worker keeps besides those of its attempts. */
export type RunnerKind = 'forker' | 'prestarted' | 'warm';

/** Why one was ended: it was used up, grew too old or too large, had nothing to do, was one too many, its call left processes behind, its
 *  call was stopped, the worker stops, or it ended by itself. */
export type Retirement =
  'uses' | 'age' | 'memory' | 'idle' | 'surplus' | 'leftovers' | 'stopped' | 'closing' | 'crashed';

/** What became of the processes that a worker keeps, since it started. */
export interface RunnerStats {
  /** How many were started. */
  started: Record<RunnerKind, number>;
  /** How many ended, by reason. */
  retired: Record<RunnerKind, Partial<Record<Retirement, number>>>;
  /** How many there are. */
  alive: Record<RunnerKind, number>;
  /** How many of them wait for something to do. */
  idle: Record<RunnerKind, number>;
  /** Attempts by how they were started: as a new process, as a fork, as a process that was started before, as a call in a process that
   *  had to be started for it, as a call in one that was there. */
  attempts: { cold: number; forked: number; prestarted: number; warm_first: number; warm: number };
}

/** Counts; `alive` and `idle` are told by those who keep the processes. */
export interface RunnerBook {
  attempts: RunnerStats['attempts'];
  started(kind: RunnerKind): void;
  retired(kind: RunnerKind, why: Retirement): void;
  alive(kind: RunnerKind): number;
  stats(idle: RunnerStats['idle']): RunnerStats;
}

export function runnerBook(): RunnerBook {
  const none = () => ({ forker: 0, prestarted: 0, warm: 0 });
  const started = none();
  const alive = none();
  const retired: RunnerStats['retired'] = { forker: {}, prestarted: {}, warm: {} };
  const attempts = { cold: 0, forked: 0, prestarted: 0, warm_first: 0, warm: 0 };
  return {
    attempts,
    started(kind) {
      started[kind] += 1;
      alive[kind] += 1;
    },
    retired(kind, why) {
      retired[kind][why] = (retired[kind][why] ?? 0) + 1;
      alive[kind] -= 1;
    },
    alive: (kind) => alive[kind],
    stats: (idle) => structuredClone({ started, retired, alive, idle, attempts }),
  };
}
