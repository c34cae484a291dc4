/** A wrong version of the migration: one thing changed, as a person could have got it wrong. */
export interface Mutant {
  name: string;
  /** The way up, or back, is the wrong one. */
  file: 'up' | 'down';
  /** Text of the file and what stands there instead; every occurrence. */
  changes: readonly (readonly [RegExp | string, string])[];
}

/** The migration reads back what it wrote. Mutants of the data do without, so that the checks have to find them. */
export const blindly = [
  [/ {4}-- Read back what was written[\s\S]*?read back differently[^;]*;\n {4}end if;\n/, ''],
] as const;

const data = (name: string, ...changes: Mutant['changes']): Mutant => ({
  name,
  file: 'up',
  changes: [...blindly, ...changes],
});
const rule = (name: string, ...changes: Mutant['changes']): Mutant => ({ name, file: 'up', changes });
const back = (name: string, ...changes: Mutant['changes']): Mutant => ({ name, file: 'down', changes });

export const mutants: readonly Mutant[] = [
  data("times in the session's zone", [`at at time zone 'UTC', 'YYYY-MM-DD"T"`, `at, 'YYYY-MM-DD"T"`]),
  data('milliseconds', ['SS.US"Z"', 'SS.MS"Z"']),
  data('infinity forgotten', ['when not isfinite(at) then at::text', 'when not isfinite(at) then null']),
  data(
    'nulls left out',
    ['set workflow_task = jsonb_build_object(', 'set workflow_task = jsonb_strip_nulls(jsonb_build_object('],
    ["'completed_at', attune.instant(a.completed_at))", "'completed_at', attune.instant(a.completed_at)))"],
    [' is not true', ' = false'],
  ),
  data('numbers rounded', ["'duration_ms', a.duration_ms", "'duration_ms', a.duration_ms::double precision::numeric"]),
  data('ids rounded', [
    "'workflow_execution', a.workflow_execution",
    "'workflow_execution', (a.workflow_execution::double precision)::numeric",
  ]),
  data('ids as text', [
    "'workflow_execution', a.workflow_execution",
    "'workflow_execution', a.workflow_execution::text",
  ]),
  data('no index becomes zero', ["'task_index', a.task_index", "'task_index', coalesce(a.task_index, 0)"]),
  data('names trimmed', ["'task_name', a.task_name", "'task_name', trim(a.task_name)"]),
  data('names in one form', ["'task_name', a.task_name", "'task_name', normalize(a.task_name::text)"]),
  data('start and end mixed up', ['attune.instant(a.started_at)', 'attune.instant(a.completed_at)']),
  data('retries mixed up', ["'max_retries', a.max_retries", "'max_retries', a.retry_count"]),
  data('every task in time', ["'timed_out', a.timed_out", "'timed_out', false"]),
  data('results lost', ['t.duration_ms, t.result, t.error', 't.duration_ms, null, t.error']),
  data('errors lost', ['t.duration_ms, t.result, t.error', 't.duration_ms, t.result, null']),
  data('times of the old row lost', [
    't.timed_out, t.created, t.updated, t.id =',
    't.timed_out, e.created, e.updated, t.id =',
  ]),
  data('surplus rows dropped', [
    'join attune.execution e on e.id = t.execution\n    order by t.id',
    `join attune.execution e on e.id = t.execution
    where t.id = (select max(o.id) from attune.workflow_task_execution o where o.execution = t.execution)`,
  ]),
  data('the oldest row carried over', ['t.id = max(t.id) over', 't.id = min(t.id) over']),
  data('`updated` overwritten', [
    'set workflow_task = jsonb_build_object(',
    'set updated = now(), workflow_task = jsonb_build_object(',
  ]),
  data('triggers awake', [
    "and not tgisinternal and tgenabled <> 'D'\n  loop",
    "and not tgisinternal and tgenabled = 'D'\n  loop",
  ]),
  data('triggers left asleep', ['execute awake.statement', 'null']),
  data('triggers all woken alike', [
    "case awake.tgenabled when 'A' then 'always' when 'R' then 'replica' else '' end",
    "''",
  ]),
  data(
    'JSON null outside workflows',
    [
      '\n  for awake in select unnest(awaken)',
      "\n  update attune.execution set workflow_task = 'null' where workflow_task is null;\n  for awake in select unnest(awaken)",
    ],
    ['where workflow_task is not null and attune', "where workflow_task <> 'null' and attune"],
  ),
  rule(
    'cascade',
    [/do \$refuse\$[\s\S]*?\$refuse\$;/, ''],
    [
      'drop table if exists attune.workflow_task_execution;',
      'drop table if exists attune.workflow_task_execution cascade;',
    ],
  ),
  rule('the view made anew', [
    'create or replace view attune.workflow_task_detail',
    'drop view if exists attune.workflow_task_detail cascade; create view attune.workflow_task_detail',
  ]),
  rule(
    'the view with other columns',
    ['  w.execution as workflow_execution_id,\n', ''],
    ['create or replace view', 'drop view if exists public.slow_task, attune.workflow_task_detail; create view'],
  ),
  rule('the old table kept', ['drop table if exists attune.workflow_task_execution;', '']),
  rule('no check', [/ {6}create trigger execution_workflow_task_check[^;]*;\n/, '']),
  rule('checked when made only', ['after insert or update of workflow_task', 'after insert']),
  rule('any workflow execution', ['if not found then\n      raise', 'if false then\n      raise']),
  rule('moved to any workflow execution', [/ or task->'workflow_execution' is distinct from[^;]*?then/, ' then']),
  rule('missing keys allowed', [' is not true', ' = false']),
  rule('attempts not unique', ['create unique index', 'create index']),
  rule('no index for retries', [
    /create index if not exists execution_workflow_retry_idx[\s\S]*?::int;\ncomment[^;]*;/,
    '',
  ]),
  rule('tasks outlive their run', [/create or replace trigger workflow_execution_delete_tasks[^;]*;/, '']),
  rule('not to be run again', ['add column if not exists workflow_task', 'add column workflow_task']),
  rule('waits as long as it takes', [/ {2}perform set_config\('lock_timeout'[^;]*;\n/, '']),
  back('the sequence starts again', [/select setval[^;]*;/, '']),
  back('new ids', [
    "coalesce(a.id, nextval('attune.workflow_task_execution_id_seq'))",
    "nextval('attune.workflow_task_execution_id_seq')",
  ]),
  back("results of the executions, not the rows'", [
    'case when a.unchanged then a.result else e.result end',
    'e.result',
  ]),
  back('errors lost', ['case when a.unchanged then a.error', 'case when a.unchanged then null']),
  back('surplus rows not brought back', ['where not carried\n', 'where false and not carried\n']),
  back('indexes not brought back', ['    execute statement;', '    null;']),
  back('the view not brought back', [
    "execute 'create or replace view attune.workflow_task_detail as ' || was.view_definition;",
    'drop view attune.workflow_task_detail cascade; return;',
  ]),
  back('the archive left behind', [/drop table attune_archive[\s\S]*/, '']),
];
