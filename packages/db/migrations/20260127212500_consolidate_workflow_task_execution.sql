-- One row is the truth. Until here a task of a workflow was two rows, an execution and a workflow_task_execution, that could
-- disagree; from here its metadata is execution.workflow_task, and status and result stand beside it, nowhere else.
--
-- Nothing is lost: the twelve metadata keys move as they are (instants as RFC 3339 in UTC with microseconds, whatever the
-- session's zone), and every old row stays, whole, in attune_archive.workflow_task_execution. Where several old rows name one
-- execution, the youngest (highest id) is carried over; the archive marks it.
--
-- One transaction, and harmless when run again.

-- Better to fail than to stand in line while everybody else stands behind.
set local lock_timeout = '5s';

-- How jsonb holds an instant. Infinity and years before 1 stay as PostgreSQL itself spells and reads them.
create or replace function attune.instant(at timestamptz) returns text
  language sql stable strict parallel safe
  as $$
    select case
      when not isfinite(at) then at::text
      when extract(year from at at time zone 'UTC') < 1 then to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00 BC')
      else to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    end
  $$;
comment on function attune.instant(timestamptz) is 'RFC 3339 in UTC with microseconds: the text of an instant inside jsonb';

alter table attune.execution add column if not exists workflow_task jsonb;
comment on column attune.execution.workflow_task is
  'Metadata of a workflow''s task: the twelve keys of the founding document, and more; SQL NULL outside any workflow';

create schema if not exists attune_archive;
create table if not exists attune_archive.workflow_task_execution (
  id bigint primary key,
  workflow_execution bigint not null,
  execution bigint not null,
  task_name varchar(255) not null,
  task_index integer,
  task_batch integer,
  status attune.execution_status_enum not null,
  started_at timestamptz,
  completed_at timestamptz,
  duration_ms bigint,
  result jsonb,
  error jsonb,
  retry_count integer not null,
  max_retries integer not null,
  next_retry_at timestamptz,
  timeout_seconds integer,
  timed_out boolean not null,
  created timestamptz not null,
  updated timestamptz not null,
  carried boolean not null,
  execution_updated timestamptz not null
);
comment on table attune_archive.workflow_task_execution is
  'The rows of attune.workflow_task_execution as the consolidation found them';
comment on column attune_archive.workflow_task_execution.carried is
  'Whether execution.workflow_task holds this row''s metadata; false for older rows of the same execution';
comment on column attune_archive.workflow_task_execution.execution_updated is
  'execution.updated at the consolidation: while equal, a rollback restores status, result and error from here';

create table if not exists attune_archive.workflow_task_execution_origin (
  last_id bigint not null,
  is_called boolean not null,
  had_view boolean not null,
  consolidated_at timestamptz not null default now()
);
comment on table attune_archive.workflow_task_execution_origin is
  'What a rollback also restores: the state of the id sequence, and whether the view workflow_task_detail existed';

do $consolidate$
declare
  awake name[];
  waiting name;
  old_rows bigint;
  kept_rows bigint;
  moved_rows bigint;
begin
  if to_regclass('attune.workflow_task_execution') is null then
    return; -- done before
  end if;
  lock table attune.execution, attune.workflow_execution, attune.workflow_task_execution in access exclusive mode;

  insert into attune_archive.workflow_task_execution_origin (last_id, is_called, had_view)
  select s.last_value, s.is_called, to_regclass('attune.workflow_task_detail') is not null
  from attune.workflow_task_execution_id_seq s;

  insert into attune_archive.workflow_task_execution
  select t.id, t.workflow_execution, t.execution, t.task_name, t.task_index, t.task_batch, t.status, t.started_at,
    t.completed_at, t.duration_ms, t.result, t.error, t.retry_count, t.max_retries, t.next_retry_at, t.timeout_seconds,
    t.timed_out, t.created, t.updated, t.id = max(t.id) over (partition by t.execution), e.updated
  from attune.workflow_task_execution t
  join attune.execution e on e.id = t.execution;

  -- This is no change of the execution: triggers that set `updated` or send notifications have no say.
  select coalesce(array_agg(tgname), '{}') into awake
  from pg_trigger where tgrelid = 'attune.execution'::regclass and not tgisinternal and tgenabled <> 'D';
  foreach waiting in array awake loop
    execute format('alter table attune.execution disable trigger %I', waiting);
  end loop;

  update attune.execution e
  set workflow_task = jsonb_build_object(
    'workflow_execution', a.workflow_execution,
    'task_name', a.task_name,
    'task_index', a.task_index,
    'task_batch', a.task_batch,
    'retry_count', a.retry_count,
    'max_retries', a.max_retries,
    'next_retry_at', attune.instant(a.next_retry_at),
    'timeout_seconds', a.timeout_seconds,
    'timed_out', a.timed_out,
    'duration_ms', a.duration_ms,
    'started_at', attune.instant(a.started_at),
    'completed_at', attune.instant(a.completed_at))
  from attune_archive.workflow_task_execution a
  where a.carried and a.execution = e.id;
  get diagnostics moved_rows = row_count;

  foreach waiting in array awake loop
    execute format('alter table attune.execution enable trigger %I', waiting);
  end loop;

  -- Read back what was written before the original goes.
  select count(*) into old_rows from attune.workflow_task_execution;
  select count(*) into kept_rows from attune_archive.workflow_task_execution;
  if kept_rows <> old_rows then
    raise exception 'of % old task rows only % reached the archive', old_rows, kept_rows;
  end if;
  if moved_rows <> (select count(distinct execution) from attune.workflow_task_execution) then
    raise exception 'the metadata of % executions moved, which is not the number of executions that old task rows name', moved_rows;
  end if;
  if exists (
    select from attune_archive.workflow_task_execution a
    join attune.execution e on e.id = a.execution
    where a.carried and (
      (e.workflow_task->>'workflow_execution')::bigint, e.workflow_task->>'task_name',
      (e.workflow_task->>'task_index')::integer, (e.workflow_task->>'task_batch')::integer,
      (e.workflow_task->>'retry_count')::integer, (e.workflow_task->>'max_retries')::integer,
      (e.workflow_task->>'next_retry_at')::timestamptz, (e.workflow_task->>'timeout_seconds')::integer,
      (e.workflow_task->>'timed_out')::boolean, (e.workflow_task->>'duration_ms')::bigint,
      (e.workflow_task->>'started_at')::timestamptz, (e.workflow_task->>'completed_at')::timestamptz,
      e.updated
    ) is distinct from (
      a.workflow_execution, a.task_name::text, a.task_index, a.task_batch, a.retry_count, a.max_retries, a.next_retry_at,
      a.timeout_seconds, a.timed_out, a.duration_ms, a.started_at, a.completed_at, a.execution_updated)
  ) then
    raise exception 'the metadata of a task reads back differently';
  end if;

  -- No CASCADE: what somebody else built on the old table stops the migration instead of vanishing with it.
  drop view if exists attune.workflow_task_detail;
  drop table attune.workflow_task_execution;
end
$consolidate$;

do $constrain$
begin
  if not exists (
    select from pg_constraint
    where conrelid = 'attune.execution'::regclass and conname = 'execution_workflow_task_check'
  ) then
    -- The typed columns of the old table. The casts raise for text that is no instant: one such row would break the retry
    -- query for all. (`?&` and not only the types: a missing key has no type, and a check lets unknown pass.)
    alter table attune.execution add constraint execution_workflow_task_check check (
      workflow_task is null or (
        jsonb_typeof(workflow_task) = 'object'
        and workflow_task ?& array['workflow_execution', 'task_name', 'task_index', 'task_batch', 'retry_count',
          'max_retries', 'next_retry_at', 'timeout_seconds', 'timed_out', 'duration_ms', 'started_at', 'completed_at']
        and jsonb_typeof(workflow_task->'workflow_execution') = 'number'
        and jsonb_typeof(workflow_task->'task_name') = 'string'
        and jsonb_typeof(workflow_task->'task_index') in ('number', 'null')
        and jsonb_typeof(workflow_task->'task_batch') in ('number', 'null')
        and jsonb_typeof(workflow_task->'retry_count') = 'number'
        and jsonb_typeof(workflow_task->'max_retries') = 'number'
        and jsonb_typeof(workflow_task->'next_retry_at') in ('string', 'null')
        and jsonb_typeof(workflow_task->'timeout_seconds') in ('number', 'null')
        and jsonb_typeof(workflow_task->'timed_out') = 'boolean'
        and jsonb_typeof(workflow_task->'duration_ms') in ('number', 'null')
        and jsonb_typeof(workflow_task->'started_at') in ('string', 'null')
        and jsonb_typeof(workflow_task->'completed_at') in ('string', 'null')
        and num_nonnulls(
          (workflow_task->>'workflow_execution')::bigint, (workflow_task->>'task_index')::integer,
          (workflow_task->>'task_batch')::integer, (workflow_task->>'retry_count')::integer,
          (workflow_task->>'max_retries')::integer, (workflow_task->>'timeout_seconds')::integer,
          (workflow_task->>'duration_ms')::bigint, (workflow_task->>'next_retry_at')::timestamptz,
          (workflow_task->>'started_at')::timestamptz, (workflow_task->>'completed_at')::timestamptz) > 0
      ));
  end if;
end
$constrain$;

-- One index for two queries and a rule: rows that carry `attempt` are unique; those of older systems do not, and nulls differ.
create unique index if not exists execution_workflow_task_idx on attune.execution (
  (workflow_task->>'workflow_execution'), (workflow_task->>'task_name'),
  coalesce(workflow_task->>'task_index', ''), coalesce(workflow_task->>'visit', ''), (workflow_task->>'attempt')
) where workflow_task is not null;
comment on index attune.execution_workflow_task_idx is
  'tasks of a workflow execution, and of those the ones of a name; one row per task, item, visit and attempt';

-- The predicate repeats the query's conditions: only so does the planner know that it may use the index.
create index if not exists execution_workflow_retry_idx on attune.execution ((workflow_task->>'next_retry_at'))
where workflow_task is not null
  and workflow_task->>'next_retry_at' is not null
  and (workflow_task->>'retry_count')::int < (workflow_task->>'max_retries')::int;
comment on index attune.execution_workflow_retry_idx is 'tasks pending retry';

create index if not exists execution_workflow_timed_out_idx on attune.execution (id)
where workflow_task is not null and (workflow_task->>'timed_out')::boolean;
comment on index attune.execution_workflow_timed_out_idx is 'tasks that were stopped at their time limit';

-- A partial index gives the planner no statistics of its expressions; without these it walks an unrelated index instead.
create statistics if not exists attune.execution_workflow_stats
  on (workflow_task->>'workflow_execution'), (workflow_task->>'task_name'), (workflow_task->>'next_retry_at')
  from attune.execution;
comment on statistics attune.execution_workflow_stats is 'for the plans of execution_workflow_task_idx and execution_workflow_retry_idx';

create or replace view attune.workflow_task_detail as
select
  e.id,
  w.id as workflow_execution,
  w.execution as workflow_execution_id,
  d.ref as workflow_ref,
  (e.workflow_task->>'task_name')::varchar as task_name,
  (e.workflow_task->>'task_index')::integer as task_index,
  (e.workflow_task->>'task_batch')::integer as task_batch,
  e.status,
  (e.workflow_task->>'retry_count')::integer as retry_count,
  (e.workflow_task->>'max_retries')::integer as max_retries,
  (e.workflow_task->>'timed_out')::boolean as timed_out,
  (e.workflow_task->>'duration_ms')::bigint as duration_ms,
  (e.workflow_task->>'started_at')::timestamptz as started_at,
  (e.workflow_task->>'completed_at')::timestamptz as completed_at,
  e.created,
  e.updated
from attune.execution e
join attune.workflow_execution w on w.id::text = e.workflow_task->>'workflow_execution'
join attune.workflow_definition d on d.id = w.workflow_def
where e.workflow_task is not null;
comment on view attune.workflow_task_detail is 'Task executions with their run and its workflow';

-- The old table's foreign key, as a statement trigger on the table where deletions are rare. A task's own children go in the
-- same statement: their reference to the parent is checked when it ends.
create or replace function attune.delete_task_executions() returns trigger language plpgsql as $$
begin
  with recursive doomed as (
    select e.id from gone join attune.execution e on e.workflow_task->>'workflow_execution' = gone.id::text
    union
    select e.id from doomed join attune.execution e on e.parent = doomed.id
  )
  delete from attune.execution where id in (select id from doomed);
  return null;
end
$$;
create or replace trigger workflow_execution_delete_tasks after delete on attune.workflow_execution
  referencing old table as gone for each statement execute function attune.delete_task_executions();

analyze attune.execution;
