import type { TaskNode } from '../graph/graph.ts';
import { explain } from './evaluate.ts';
import { stepOf } from './finish-turn.ts';
import { retryDelay } from './retry-delay.ts';
import { runScope } from './scope.ts';
import type { Finished, Step } from './step.ts';
import { failRun, isFailing, type EndedTask, type Turn } from './turn.ts';
import { holdsFor } from './witness.ts';

/** Whether another attempt follows. An error in `on_error` makes the run fail, so none does. */
export function isRetried(
  turn: Turn,
  { definition }: TaskNode,
  { outcome, started = true }: Finished,
  retriesLeft: number,
  ended: EndedTask,
): boolean {
  if (definition.retry === null || outcome === 'succeeded' || retriesLeft === 0 || !started) return false;
  if (isFailing(turn)) return false;
  const { name } = definition;
  const program = turn.graph.programOf(name);
  const of = { kind: 'retry', task: name, visit: ended.visit } as const;
  const scope = runScope(turn, ended, ended, program.reads.retrying.tasks);
  const condition = holdsFor(turn, of, program.on_error, scope);
  if (condition.error === undefined) return condition.value;
  failRun(turn, explain(`task '${name}', retry.on_error`, condition.error));
  return false;
}

/** The failed attempt will be followed by another; nothing else is decided before the last one. */
export function retryStep(turn: Turn, { definition }: TaskNode, finished: Finished, retriesLeft: number): Step {
  const { task, visit, attempt, item = null } = finished;
  if (definition.retry === null) throw new Error(`The task '${task}' is not retried`);
  const retry_count = definition.retry.count - retriesLeft;
  const delay_seconds = retryDelay(definition.retry, retry_count);
  turn.decision.retry = { retry_count, delay_seconds };
  return stepOf(turn, { task, visit, item, attempt, retry_count, delay_seconds }, null);
}
