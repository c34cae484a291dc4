// The documented queries, old and new. The new ones are verbatim but for the parameter in place of the literal.

const wholeOldTask = 'SELECT * FROM attune.workflow_task_execution';
/** What `SELECT * FROM attune.execution` returns of a task, from two tables. */
const joined = 'SELECT * FROM attune.workflow_task_execution t JOIN attune.execution e ON e.id = t.execution';
const newWorkflow = `SELECT * FROM attune.execution WHERE workflow_task->>'workflow_execution' = $1`;

const typedColumns = `id, status, workflow_execution, task_name, task_index, task_batch, retry_count, max_retries, next_retry_at,
  timeout_seconds, timed_out, duration_ms, started_at, completed_at`;

/** One documented question: `old` asks the old table alone, `join` also for what the execution holds, `one` the one table.
 *  `bars` are the ratios to reach, one table by the old query of that name. */
export const reads = [
  {
    name: 'by workflow execution',
    takesWorkflow: true,
    old: `${wholeOldTask} WHERE workflow_execution = $1`,
    join: `${joined} WHERE t.workflow_execution = $1`,
    one: newWorkflow,
    bars: { join: 0.8 },
  },
  {
    name: 'by workflow execution and task name',
    takesWorkflow: true,
    old: `${wholeOldTask} WHERE workflow_execution = $1 AND task_name = 'send_email'`,
    join: `${joined} WHERE t.workflow_execution = $1 AND t.task_name = 'send_email'`,
    one: `${newWorkflow} AND workflow_task->>'task_name' = 'send_email'`,
    bars: { join: 0.95 },
  },
  {
    name: 'pending retry',
    takesWorkflow: false,
    old: `${wholeOldTask} WHERE next_retry_at IS NOT NULL AND next_retry_at <= NOW() AND retry_count < max_retries`,
    join: `${joined} WHERE t.next_retry_at IS NOT NULL AND t.next_retry_at <= NOW() AND t.retry_count < t.max_retries`,
    one: `SELECT * FROM attune.execution
      WHERE workflow_task IS NOT NULL
        AND workflow_task->>'next_retry_at' IS NOT NULL
        AND (workflow_task->>'next_retry_at')::timestamptz <= NOW()
        AND (workflow_task->>'retry_count')::int < (workflow_task->>'max_retries')::int`,
    bars: { join: 1 },
  },
  {
    name: 'id, status and metadata as it is stored',
    takesWorkflow: true,
    old: `${wholeOldTask} WHERE workflow_execution = $1`,
    one: `SELECT id, status, workflow_task FROM attune.execution WHERE workflow_task->>'workflow_execution' = $1`,
    bars: { old: 0.85 },
  },
  {
    name: 'id, status and metadata in typed columns',
    takesWorkflow: true,
    old: `${wholeOldTask} WHERE workflow_execution = $1`,
    one: `SELECT ${typedColumns} FROM attune.workflow_task WHERE workflow_execution = $1`,
    bars: { old: 0.85 },
  },
];

/** What a page that documents the one table shows beside those, and that returns few rows of many. */
const more = [
  {
    name: 'stopped at the time limit',
    takesWorkflow: false,
    one: `SELECT * FROM attune.execution WHERE workflow_task IS NOT NULL AND (workflow_task->>'timed_out')::boolean`,
  },
  {
    name: 'by workflow execution and task name in typed columns',
    takesWorkflow: true,
    one: `SELECT * FROM attune.workflow_task WHERE workflow_execution = $1 AND task_name = 'send_email'`,
  },
];

export const selective = [...reads, ...more];

/** Those of the queries that a database can answer: before its own migration the view of typed columns is not there. */
export async function present(client, queries) {
  const { rows } = await client.query(`select to_regclass('attune.workflow_task') is not null as typed`);
  return queries.filter((query) => !query.one.includes('attune.workflow_task ') || rows[0].typed);
}
