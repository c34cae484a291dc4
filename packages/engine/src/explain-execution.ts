import {
  isFinal,
  isJsonObject,
  type ExecutionStatus,
  type Id,
  type Instant,
  type Json,
  type NotReused,
  type RunExplanation,
  type Standing,
  type TaskExplanation,
  type TaskRunExplanation,
} from '@attune/core';
import { lists, readAtOnce, runRecords, type AttemptRow, type Database, type Tx } from '@attune/db';
import { recountRun } from './recount-run.ts';
import { standingsOf } from './standing.ts';

/** Why an execution is where it is and, of a run of a workflow, why each of its tasks ran, was skipped, waits or never runs. */
export interface ExecutionExplanation {
  execution: Id;
  action_ref: string;
  status: ExecutionStatus;
  /** Definition it runs with, and its pack's files, by their content hashes. */
  revision: string | null;
  pack_revision: string | null;
  origin: Origin;
  standing: Standing;
  /** Why it did not succeed; null where it did, or has not ended. */
  error: string | null;
  /** All attempts of an execution outside any workflow, the first one first; empty where there is only one. */
  attempts: AttemptExplanation[];
  workflow: WorkflowExplanation | null;
}

/** What an execution came from. */
export type Origin =
  | { kind: 'request'; executor: Id | null }
  | { kind: 'rule'; rule_ref: string; enforcement: Id; event: Id | null }
  | { kind: 'task'; parent: Id; task: string; visit: number; item: number | null }
  | { kind: 'rerun'; rerun_of: Id; executor: Id | null };

export interface AttemptExplanation {
  execution: Id;
  item: number | null;
  attempt: number;
  status: ExecutionStatus;
  /** Why it did not succeed. */
  error: string | null;
  standing: Standing;
  started_at: Instant | null;
  completed_at: Instant | null;
  /** In a re-run: the execution whose result it took over, or why it took none over. */
  reused_from: Id | null;
  not_reused: NotReused | null;
}

export interface WorkflowExplanation extends Omit<RunExplanation, 'tasks'> {
  workflow_execution: Id;
  tasks: TaskWithAttempts[];
}

export interface TaskWithAttempts extends Omit<TaskExplanation, 'runs'> {
  runs: (TaskRunExplanation & {
    /** At most {@link mostAttemptsShown}, of more those first that did not complete. */
    attempts: AttemptExplanation[];
    attempts_total: number;
  })[];
}

/** Most attempts of one run of a task that are shown; a task with items has one and more for each of them. */
export const mostAttemptsShown = 100;

/** @param task explain only this task of a workflow.
 *  @returns undefined where there is no such execution, 'no_such_task' where the workflow has no such task. */
export function explainExecution(
  db: Database,
  id: Id,
  task?: string,
): Promise<ExecutionExplanation | undefined | { no_such_task: string; tasks: string[] }> {
  return readAtOnce(db, async (tx) => {
    const execution = await lists.findExecution(tx, id);
    if (execution === undefined) return undefined;
    const standing = await standingOf(tx, id);
    const explanation = {
      execution: id,
      action_ref: execution.action_ref,
      status: execution.status,
      revision: execution.revision,
      pack_revision: execution.pack_revision,
      origin: originOf(execution),
      standing,
      error: errorOf(execution.result),
    };
    const run = execution.revision === null ? null : execution.workflow_execution;
    if (run === null) {
      if (task !== undefined) return { no_such_task: task, tasks: [] };
      const attempts = execution.workflow_task === null ? await plainAttempts(tx, id) : [];
      return { ...explanation, attempts, workflow: null };
    }
    const explained = await recountRun(tx, run, execution, task);
    if (task !== undefined && !explained.names.includes(task)) return { no_such_task: task, tasks: explained.names };
    const rows = await runRecords.attempts(tx, run, task === undefined ? null : [task], mostAttemptsShown);
    const { tasks, ...rest } = explained.explanation;
    return {
      ...explanation,
      attempts: [],
      workflow: { workflow_execution: run, ...rest, tasks: await withAttempts(tx, tasks, rows) },
    };
  });
}

/** What a result says of why it is no success. */
function errorOf(result: Json): string | null {
  const error = isJsonObject(result) ? (result['error'] ?? null) : null;
  const text = isJsonObject(error) ? (error['message'] ?? null) : error;
  return typeof text === 'string' ? text : null;
}

async function standingOf(tx: Tx, id: Id): Promise<Standing> {
  const standing = (await standingsOf(tx, [id])).get(id);
  if (standing === undefined) throw new Error(`Execution ${id} vanished`);
  return standing;
}

function originOf(execution: lists.ExecutionDetail): Origin {
  const { workflow_task, parent, rerun_of, executor, enforcement, rule_ref, cause } = execution;
  if (workflow_task !== null && parent !== null) {
    const { task_name, visit = 1, task_index } = workflow_task;
    return { kind: 'task', parent, task: task_name, visit, item: task_index };
  }
  if (rerun_of !== null) return { kind: 'rerun', rerun_of, executor };
  if (enforcement !== null) return { kind: 'rule', rule_ref: rule_ref ?? '', enforcement, event: cause };
  return { kind: 'request', executor };
}

async function plainAttempts(tx: Tx, id: Id): Promise<AttemptExplanation[]> {
  const rows = await runRecords.plainAttempts(tx, id, mostAttemptsShown);
  return rows.length < 2 ? [] : explainAttempts(tx, rows);
}

async function withAttempts(
  tx: Tx,
  tasks: readonly TaskExplanation[],
  rows: readonly AttemptRow[],
): Promise<TaskWithAttempts[]> {
  const keyOf = (task: string, visit: number): string => `${visit} ${task}`;
  const shown = new Set(tasks.flatMap(({ task, runs }) => runs.map(({ visit }) => keyOf(task, visit))));
  const wanted = rows.filter((row) => shown.has(keyOf(row.task_name, row.visit)));
  const explained = await explainAttempts(tx, wanted);
  const attempts = new Map<string, AttemptExplanation[]>();
  wanted.forEach((row, index) => {
    const key = keyOf(row.task_name, row.visit);
    const known = attempts.get(key);
    const one = explained[index];
    if (one === undefined) return;
    if (known === undefined) attempts.set(key, [one]);
    else known.push(one);
  });
  const totals = new Map(wanted.map((row) => [keyOf(row.task_name, row.visit), row.total]));
  return tasks.map((task) => ({
    ...task,
    runs: task.runs.map((run) => {
      const key = keyOf(task.task, run.visit);
      return { ...run, attempts: attempts.get(key) ?? [], attempts_total: totals.get(key) ?? 0 };
    }),
  }));
}

/** What has ended for good needs no look at what is around it. */
async function explainAttempts(tx: Tx, rows: readonly AttemptRow[]): Promise<AttemptExplanation[]> {
  const open = rows.filter((row) => !isFinal(row.status) || row.awaits_retry || row.is_held).map((row) => row.id);
  const standings = await standingsOf(tx, open);
  return rows.map((row) => ({
    execution: row.id,
    item: row.item,
    attempt: row.attempt,
    status: row.status,
    error: row.error,
    standing: standings.get(row.id) ?? { reason: 'ended', status: row.status, message: `It has ended: ${row.status}` },
    started_at: row.started_at,
    completed_at: row.completed_at,
    reused_from: row.reused_from,
    not_reused: row.not_reused as NotReused | null,
  }));
}
