import type { Id } from '../../execution/execution.ts';
import type { ExecutionStatus } from '../../execution/machine.ts';
import type { WorkflowGraph } from '../graph/graph.ts';
import { isSamePosition, type Position } from '../graph/position.ts';
import { mayFollow } from './follows.ts';

/** Why a run of a task in a re-run did not take over what was recorded of it. A reason is part of the API and of the rows: it may be added
 *  to, and never changes its meaning. */
export const notReusedReasons = {
  asked: 'The re-run was asked to begin with it',
  follows: 'It follows what the re-run was asked to begin with, or what has to run again',
  no_recorded_run: 'It did not run there before',
  not_completed: 'What it came to before was a failure that nothing handled, or a cancellation',
  action_differs: 'Its action is another one, or has another definition',
  input_differs: 'Its parameters are others',
} as const;

export type NotReused = keyof typeof notReusedReasons;

/** From where a run runs again; what is before it, and beside it, takes over what was recorded. */
export interface RerunScope {
  starts: RerunStart[];
  /** Whether completed items of the tasks that it begins with run again, too. */
  reset_items: boolean;
}

export interface RerunStart {
  task: string;
  /** Where the run of the task stood; null: every run of it. */
  position: Position | null;
  /** Whether somebody named it; else it is a run that failed. */
  asked: boolean;
}

/** A run of a task, or an item of it, that is about to begin. */
export interface RunToBegin {
  task: string;
  position: Position;
  item: number | null;
  action_ref: string;
  revision: string | null;
  input_hash: string | null;
}

/** What was recorded of the same run, or item: its last attempt. */
export interface RecordedTaskRun {
  execution: Id;
  status: ExecutionStatus;
  /** Whether a transition handled its failure. */
  is_handled: boolean;
  action_ref: string;
  revision: string | null;
  input_hash: string | null;
  /** Whether its secret parameters, which the hash leaves out, are the same. */
  has_same_secrets: boolean;
}

/** Null where what was recorded stands for the run; else why it does not. */
export function whyNotReused(
  graph: WorkflowGraph,
  scope: RerunScope,
  run: RunToBegin,
  recorded: RecordedTaskRun | undefined,
): NotReused | null {
  const starts = scope.starts.filter((start) => isAt(start, run));
  const isItemKept = run.item !== null && !scope.reset_items;
  if (starts.some((start) => start.asked || scope.reset_items) && !isItemKept) return 'asked';
  if (starts.length === 0 && scope.starts.some((start) => follows(graph, start, run))) return 'follows';
  if (recorded === undefined) return 'no_recorded_run';
  const stands = recorded.status === 'completed' || (recorded.is_handled && starts.length === 0);
  if (!stands) return 'not_completed';
  if (recorded.action_ref !== run.action_ref || recorded.revision !== run.revision) return 'action_differs';
  return recorded.input_hash === run.input_hash && recorded.has_same_secrets ? null : 'input_differs';
}

const isAt = ({ task, position }: RerunStart, run: RunToBegin): boolean =>
  task === run.task && (position === null || isSamePosition(position, run.position));

function follows(graph: WorkflowGraph, { task, position }: RerunStart, run: RunToBegin): boolean {
  if (!graph.tasks.has(task)) return false;
  if (position === null) return task !== run.task && graph.reaches(task, run.task);
  return mayFollow(graph, run, { task, position });
}
