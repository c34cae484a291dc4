import type { ExecutionStatus, Id, Instant, Json, JsonObject, WorkflowTaskMetadata } from '@attune/core';
import { sql } from './database.ts';
import { workflowTaskFromJson } from './workflow-task.ts';

/** The part of an execution's row that the engine decides on. */
export interface EngineExecution {
  id: Id;
  action: Id | null;
  action_ref: string;
  config: JsonObject | null;
  parent: Id | null;
  enforcement: Id | null;
  executor: Id | null;
  status: ExecutionStatus;
  result: Json;
  workflow_task: WorkflowTaskMetadata | null;
  workflow_def: Id | null;
  runtime: string | null;
  revision: string | null;
  pack_revision: string | null;
  input_hash: string | null;
  timeout_seconds: number | null;
  original_execution: Id | null;
  retry_count: number;
  worker: Id | null;
  lease_token: string | null;
  lease_until: Instant | null;
  started_at: Instant | null;
  completed_at: Instant | null;
  /** The execution that this one runs again, and how; null outside re-runs. */
  rerun_of: Id | null;
  rerun: JsonObject | null;
}

const names =
  'id action action_ref config parent enforcement executor status result workflow_task workflow_def runtime revision ' +
  'pack_revision input_hash timeout_seconds original_execution retry_count worker lease_token lease_until started_at ' +
  'completed_at rerun_of rerun';

/** The columns of an execution `e`. */
export const columns = sql.raw(
  names
    .split(' ')
    .map((name) => `e.${name}`)
    .join(', '),
);

/** Parameters and variables up to this size, as they are stored (perhaps compressed), are read with their row; larger ones when they
 *  are needed, and then kept. */
export const inlineBytes = 1_000;

/** The columns of an execution `o` beside those of its run, which has no use for its result. */
export const ownerColumns = sql.raw(
  names
    .split(' ')
    .filter((name) => name !== 'result')
    .map(
      (name) =>
        (name === 'config' ? `case when ${isInline('o.config')} then o.config end` : `o.${name}`) + ` as owner_${name}`,
    )
    .concat(`coalesce(not ${isInline('o.config')}, false) as owner_is_partial`)
    .join(', '),
);

function isInline(column: string): string {
  return `pg_column_size(${column}) <= ${inlineBytes}`;
}

/** That execution out of such a row.
 *  @returns `isPartial`: its parameters were too large to be read with it */
export function ownerFrom(row: Record<string, unknown>): { owner: EngineExecution; isPartial: boolean } {
  const owner = Object.fromEntries(names.split(' ').map((name) => [name, row[`owner_${name}`] ?? null]));
  return { owner: fromRow(owner as unknown as Row), isPartial: row['owner_is_partial'] === true };
}

/** Such a row as it is read. */
export type Row = Omit<EngineExecution, 'workflow_task'> & { workflow_task: Json };

export const fromRow = (row: Row): EngineExecution => ({
  ...row,
  workflow_task: workflowTaskFromJson(row.workflow_task),
});
