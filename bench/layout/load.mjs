// The same facts in either layout: every second execution is a task, each workflow has 20, and ten workflows run interleaved, so
// that the rows of one are spread as they are in a busy system. One task in a thousand waits for a retry that is due, as many for
// one that is not.

/** What each row is made from. Executions with an odd id are plain; the first of these are the workflows' own. */
const facts = (rows) => `
  select i as id, hashint8(i) & 1023 as chance, timestamptz '2026-01-01' + i * interval '1 second' as at, i % 2 = 0 as is_task,
    (i / 2 - 1) / 200 * 10 + (i / 2 - 1) % 10 + 1 as workflow,
    case when (i / 2 - 1) % 200 / 10 = 7 then 'send_email' else 'task_' || (i / 2 - 1) % 200 / 10 end as task
  from generate_series(1, ${2 * rows}::bigint) i`;

const status = `(case when chance < 8 then 'running' when chance < 16 then 'failed' else 'completed' end)::attune.execution_status_enum`;
const retryCount = `case when chance < 16 then chance % 4 else 0 end`;
const retryAt = `case chance when 9 then now() - interval '1 minute' when 10 then now() + interval '30 days' end`;

const execution = {
  columns: 'id, action, action_ref, config, parent, status, result, created, updated',
  values: `id, 1 + chance % 40, 'bench.action_' || chance % 40,
    jsonb_build_object('parameters', jsonb_build_object('to', 'ops', 'n', chance)),
    case when is_task then 2 * workflow - 1 end, ${status}, jsonb_build_object('ok', true, 'n', chance), at, at + interval '2 s'`,
};

const workflowTask = `case when is_task then jsonb_build_object(
  'workflow_execution', workflow, 'task_name', task, 'task_index', null, 'task_batch', null,
  'retry_count', ${retryCount}, 'max_retries', 3, 'next_retry_at', attune.instant(${retryAt}),
  'timeout_seconds', 300, 'timed_out', false, 'duration_ms', 1000 + chance,
  'started_at', attune.instant(at), 'completed_at', attune.instant(at + interval '2 s')) end`;

const parents = (rows) => `
  insert into attune.pack (id, ref, label, version) values (1, 'bench', 'Bench', '1.0.0');
  insert into attune.action (id, ref, pack, pack_ref, label, description, entrypoint)
    select 1 + i, 'bench.action_' || i, 1, 'bench', 'Action', '', '' from generate_series(0, 39) i;
  insert into attune.workflow_definition (id, ref, pack, pack_ref, label, version, definition)
    values (1, 'bench.flow', 1, 'bench', 'Flow', '1.0.0', '{}');
  insert into attune.workflow_execution (id, execution, workflow_def, task_graph, status)
    select i, 2 * i - 1, 1, '{}', 'completed' from generate_series(1, ${rows / 20}) i;`;

const fill = {
  one: (rows) => `
    insert into attune.execution (${execution.columns}, workflow_task)
    select ${execution.values}, ${workflowTask} from (${facts(rows)}) fact order by id;`,
  two: (rows) => `
    insert into attune.execution (${execution.columns}) select ${execution.values} from (${facts(rows)}) fact order by id;
    insert into attune.workflow_task_execution (id, workflow_execution, execution, task_name, status, retry_count, max_retries,
      next_retry_at, timeout_seconds, timed_out, duration_ms, started_at, completed_at, created, updated)
    select id / 2, workflow, id, task, ${status}, ${retryCount}, 3, ${retryAt}, 300, false, 1000 + chance, at,
      at + interval '2 s', at, at + interval '2 s'
    from (${facts(rows)}) fact where is_task order by id;`,
};

const tables = { one: ['execution'], two: ['execution', 'workflow_task_execution'] };

/** Fills a layout with `rows` plain executions and as many tasks, and leaves it vacuumed, analyzed, with indexes as new. */
export async function load(client, layout, rows) {
  const names = tables[layout].map((table) => `attune.${table}`);
  const indexes = await client.query(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
     where indrelid = any($1::text[]::regclass[]) and not indisprimary`,
    [names],
  );
  for (const { name } of indexes.rows) await client.query(`drop index ${name}`);
  // references hold by construction; checking them row by row would be most of the load
  await client.query('set session_replication_role = replica');
  await client.query(parents(rows));
  await client.query(fill[layout](rows));
  await client.query('set session_replication_role = origin');
  for (const { definition } of indexes.rows) await client.query(definition);
  for (const name of names) {
    await client.query(`select setval(pg_get_serial_sequence('${name}', 'id'), max(id)) from ${name}`);
    await client.query(`vacuum (analyze, freeze) ${name}`);
  }
  await client.query('vacuum (analyze, freeze) attune.workflow_execution');
}
