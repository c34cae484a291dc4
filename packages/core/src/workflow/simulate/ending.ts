import { maxRestarts } from '../../execution/restart.ts';
import { nodeOf } from '../graph/graph.ts';
import type { Attempt } from './run.ts';
import type { EndedAttempt } from './simulation.ts';
import { actionResult, usualDuration, type Ending } from './source.ts';

/** What a run is told of an attempt that ended. */
export type Told = Pick<EndedAttempt, 'outcome' | 'result' | 'from'> & Pick<Ending, 'started'>;

/** The task's limit, else the action's. */
export const limitOf = ({ start, action }: Attempt): number | null =>
  start.timeout_seconds ?? action?.timeout_seconds ?? null;

/** What has no result succeeds with an empty output. */
export const assumedEnding = (): Ending => ({
  outcome: 'succeeded',
  result: actionResult('succeeded', {}),
  duration_seconds: usualDuration,
  from: 'assumed',
});

/** What is told of a nested run that took too long. */
export const overdue = (seconds: number): Told => ({
  outcome: 'timed_out',
  result: { error: `The workflow took longer than its limit of ${seconds} seconds`, succeeded: false },
  from: 'time_limit',
});

/** What takes longer than it may is stopped at its limit. What was recorded has ended as it did. */
export function limited(ending: Ending, limit: number | null): Ending {
  if (limit === null || ending.from === 'recorded' || ending.duration_seconds <= limit) return ending;
  const error = `The action was stopped at its time limit of ${limit} s`;
  const result = actionResult('timed_out', undefined, error);
  return { ...ending, outcome: 'timed_out', result, duration_seconds: limit };
}

/** Whether an attempt whose worker was lost is started again. The retry policy comes first: a task that has retries left is retried by it, not restarted. */
export function mayRestart({ run, start, retry_count, action, name }: Attempt): boolean {
  if (retry_count < start.max_retries || name.attempt > maxRestarts) return false;
  const own = nodeOf(run.graph, start.task).definition.on_worker_lost;
  return (own ?? action?.on_worker_lost) === 'restart';
}
