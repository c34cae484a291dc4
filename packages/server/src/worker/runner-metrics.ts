import type { Metrics } from '../metrics/registry.ts';
import type { RunnerStats } from './runner/index.ts';

/** Tells of the processes that a worker keeps besides those of its attempts. */
export function watchRunners(metrics: Metrics, stats: () => RunnerStats): void {
  metrics.read(
    'attune_runners',
    {
      type: 'gauge',
      help: 'Processes that the worker keeps: forker (parents of Python attempts), prestarted (Node and shell, used once), warm (functions)',
      labels: ['runner', 'state'],
    },
    () => {
      const { alive, idle } = stats();
      return kinds.flatMap((kind) => [
        [idle[kind], kind, 'idle'] as const,
        [Math.max(0, alive[kind] - idle[kind]), kind, 'busy'] as const,
      ]);
    },
  );
  metrics.read(
    'attune_runners_started_total',
    { type: 'counter', help: 'Such processes that were started', labels: ['runner'] },
    () => kinds.map((kind) => [stats().started[kind], kind] as const),
  );
  metrics.read(
    'attune_runners_retired_total',
    {
      type: 'counter',
      help: 'Such processes that ended, by why; crashed: by themselves',
      labels: ['runner', 'reason'],
    },
    () => {
      const { retired } = stats();
      return kinds.flatMap((kind) =>
        Object.entries({ crashed: 0, ...retired[kind] }).map(([reason, count]) => [count, kind, reason] as const),
      );
    },
  );
  metrics.read(
    'attune_runner_attempts_total',
    {
      type: 'counter',
      help: 'Attempts by how their process came to be: cold (started for it), forked, prestarted, warm_first (a warm one started for it), warm',
      labels: ['start'],
    },
    () => Object.entries(stats().attempts).map(([start, count]) => [count, start] as const),
  );
}

const kinds = ['forker', 'prestarted', 'warm'] as const;
