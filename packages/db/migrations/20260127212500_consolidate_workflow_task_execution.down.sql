-- Brings the second table back: possible, and discouraged, because from then on two rows can disagree again. Old rows return with
-- their ids and, where the execution did not change since, with their own status, result and error; executions made in between
-- become proper old rows.

do $settings$
begin
  perform set_config('lock_timeout', coalesce(nullif(current_setting('attune.lock_timeout', true), ''), '5s'), true);
  perform set_config('row_security', 'off', true);
end
$settings$;
lock table attune.execution, attune.workflow_execution in access exclusive mode;

-- What the old table's references do not allow stops this before anything changes.
do $refuse$
declare
  offenders bigint[];
begin
  select array_agg(id order by id) into offenders
  from attune.execution
  where workflow_task is not null
    and not exists (select from attune.workflow_execution w where w.id = (workflow_task->>'workflow_execution')::bigint);
  if offenders is not null then
    raise exception using errcode = 'foreign_key_violation',
      message = 'these executions are tasks of a workflow execution that does not exist: '
        || array_to_string(offenders[:100], ', ') || case when cardinality(offenders) > 100 then ' and more' else '' end;
  end if;
end
$refuse$;

drop trigger workflow_execution_delete_tasks on attune.workflow_execution;
drop function attune.delete_task_executions();

create table attune.workflow_task_execution (
  id bigserial primary key,
  workflow_execution bigint not null references attune.workflow_execution (id) on delete cascade,
  execution bigint not null references attune.execution (id) on delete cascade,
  task_name varchar(255) not null,
  task_index integer,
  task_batch integer,
  status attune.execution_status_enum not null default 'requested',
  started_at timestamptz,
  completed_at timestamptz,
  duration_ms bigint,
  result jsonb,
  error jsonb,
  retry_count integer not null default 0,
  max_retries integer not null default 0,
  next_retry_at timestamptz,
  timeout_seconds integer,
  timed_out boolean not null default false,
  created timestamptz not null default now(),
  updated timestamptz not null default now()
);

select setval('attune.workflow_task_execution_id_seq', last_id, is_called) from attune_archive.workflow_task_execution_origin;

-- Rows that were carried over, and rows made since, which get new ids in the order of their executions.
insert into attune.workflow_task_execution
select
  coalesce(a.id, nextval('attune.workflow_task_execution_id_seq')),
  (e.workflow_task->>'workflow_execution')::bigint,
  e.id,
  e.workflow_task->>'task_name',
  (e.workflow_task->>'task_index')::integer,
  (e.workflow_task->>'task_batch')::integer,
  case when a.unchanged then a.status else e.status end,
  (e.workflow_task->>'started_at')::timestamptz,
  (e.workflow_task->>'completed_at')::timestamptz,
  (e.workflow_task->>'duration_ms')::bigint,
  case when a.unchanged then a.result else e.result end,
  case when a.unchanged then a.error else e.result->'error' end,
  (e.workflow_task->>'retry_count')::integer,
  (e.workflow_task->>'max_retries')::integer,
  (e.workflow_task->>'next_retry_at')::timestamptz,
  (e.workflow_task->>'timeout_seconds')::integer,
  (e.workflow_task->>'timed_out')::boolean,
  coalesce(a.created, e.created),
  case when a.unchanged then a.updated else e.updated end
from (select * from attune.execution where workflow_task is not null order by id) e
left join lateral (
  select *, execution_updated = e.updated as unchanged from attune_archive.workflow_task_execution
  where execution = e.id and carried
) a on true;

-- Rows that were older than the one carried over.
insert into attune.workflow_task_execution
select id, workflow_execution, execution, task_name, task_index, task_batch, status, started_at, completed_at, duration_ms,
  result, error, retry_count, max_retries, next_retry_at, timeout_seconds, timed_out, created, updated
from attune_archive.workflow_task_execution a
where not carried
  and exists (select from attune.execution e where e.id = a.execution)
  and exists (select from attune.workflow_execution w where w.id = a.workflow_execution);

-- The indexes, triggers and grants that stood on the old table; the founding indexes where none is known of.
do $stood$
declare
  statement text;
begin
  for statement in
    select unnest(coalesce(
      (select statements from attune_archive.workflow_task_execution_origin),
      array[
        'create index workflow_task_execution_workflow_execution_idx on attune.workflow_task_execution (workflow_execution)',
        'create index workflow_task_execution_execution_idx on attune.workflow_task_execution (execution)',
        'create index workflow_task_execution_status_idx on attune.workflow_task_execution (status)',
        'create index workflow_task_execution_task_name_idx on attune.workflow_task_execution (task_name)',
        'create index workflow_task_execution_retry_count_idx on attune.workflow_task_execution (retry_count) where retry_count > 0',
        'create index workflow_task_execution_timed_out_idx on attune.workflow_task_execution (timed_out) where timed_out'
      ]))
  loop
    execute statement;
  end loop;
end
$stood$;

-- Replaced, so that grants and the views of others stay; where there was none, none remains.
do $view$
declare
  was attune_archive.workflow_task_execution_origin;
begin
  select * into was from attune_archive.workflow_task_execution_origin;
  if was.view_definition is null then
    drop view attune.workflow_task_detail;
  else
    execute 'create or replace view attune.workflow_task_detail as ' || was.view_definition;
    execute format('comment on view attune.workflow_task_detail is %L', was.view_comment);
  end if;
end
$view$;

drop trigger execution_workflow_task_check on attune.execution;
drop function attune.check_workflow_task(), attune.workflow_task_fault(jsonb), attune.is_workflow_task(jsonb);
drop statistics attune.execution_workflow_stats;
-- takes its indexes along
alter table attune.execution drop column workflow_task;
drop function attune.instant(timestamptz);
drop table attune_archive.workflow_task_execution, attune_archive.workflow_task_execution_origin;
drop schema attune_archive;
