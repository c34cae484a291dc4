-- One row is the truth. Until here a task of a workflow was two rows, an execution and a workflow_task_execution, that could
-- disagree; from here its metadata is execution.workflow_task, and status and result stand beside it, nowhere else.
--
-- Nothing is lost: the twelve metadata keys move as they are (instants as RFC 3339 in UTC with microseconds, whatever the
-- session's zone), and every old row stays, whole, in attune_archive.workflow_task_execution. Where several old rows name one
-- execution, the youngest (highest id) is carried over; the archive marks it.
--
-- One transaction, and harmless when run again.

-- Better to fail than to stand in line while everybody else stands behind: no lock is waited for longer than
-- attune.lock_timeout (default 5 s; PGOPTIONS='-c attune.lock_timeout=30s' sets it). And a row security policy must raise an
-- error instead of hiding rows that would then stay behind.
do $settings$
begin
  perform set_config('lock_timeout', coalesce(nullif(current_setting('attune.lock_timeout', true), ''), '5s'), true);
  perform set_config('row_security', 'off', true);
end
$settings$;

-- What this cannot keep stops it before anything changes, and is named.
do $refuse$
declare
  old regclass;
  path text := current_setting('search_path');
  offenders text[];
begin
  -- whoever came second looks only after the first is done
  lock table attune.execution, attune.workflow_execution in access exclusive mode;
  old := to_regclass('attune.workflow_task_execution');
  if old is null then
    return; -- done before
  end if;
  lock table attune.workflow_task_execution in access exclusive mode;
  perform set_config('search_path', 'pg_catalog', true); -- names are then told with their schemas

  -- views, functions, defaults, heirs that stand on the table, its row type or its sequence
  with part(classid, objid) as (
    select 'pg_class'::regclass, old::oid
    union all select 'pg_type'::regclass, reltype from pg_class where oid = old
    union all select 'pg_type'::regclass, t.typarray from pg_class c join pg_type t on t.oid = c.reltype where c.oid = old
    union all select classid, objid from pg_depend where refclassid = 'pg_class'::regclass and refobjid = old and deptype in ('a', 'i')
  ),
  dependent as (
    select coalesce(v.oid, d.objid) as objid, case when v.oid is null then d.classid else 'pg_class'::regclass end as classid,
      case when v.oid is null then d.objsubid else 0 end as objsubid
    from part p
    join pg_depend d on d.refclassid = p.classid and d.refobjid = p.objid and d.deptype = 'n'
    left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
    left join pg_class v on v.oid = r.ev_class
    where (d.classid, d.objid) not in (select classid, objid from part)
      and coalesce(v.oid <> to_regclass('attune.workflow_task_detail'), true)
    union select oid, 'pg_constraint'::regclass, 0 from pg_constraint where confrelid = old and conrelid <> old
    union select p.oid, 'pg_publication_rel'::regclass, 0 from pg_publication_rel p where p.prrelid = old
  )
  select array_agg(described order by described) into offenders
  from (select distinct pg_describe_object(classid, objid, objsubid) as described from dependent) d;
  perform set_config('search_path', path, true);
  if offenders is not null then
    raise exception using errcode = 'dependent_objects_still_exist',
      message = 'something else stands on attune.workflow_task_execution: ' || array_to_string(offenders, '; '),
      hint = 'Drop it, or let it read attune.execution, and run the migration again.';
  end if;

  select array_agg(format('row %s (execution %s, workflow execution %s)', id, execution, workflow_execution) order by id) into offenders
  from attune.workflow_task_execution t
  where not exists (select from attune.execution e where e.id = t.execution)
    or not exists (select from attune.workflow_execution w where w.id = t.workflow_execution);
  if offenders is not null then
    raise exception using errcode = 'foreign_key_violation',
      message = 'rows of attune.workflow_task_execution name what does not exist: '
        || array_to_string(offenders[:100], ', ') || case when cardinality(offenders) > 100 then ' and more' else '' end;
  end if;
end
$refuse$;

-- How jsonb holds an instant. Infinity and years before 1 stay as PostgreSQL itself spells and reads them. (Null for null without
-- `strict`, with which PostgreSQL would call it for each value instead of making it part of the statement.)
create or replace function attune.instant(at timestamptz) returns text
  language sql stable parallel safe
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
  view_definition text,
  view_comment text,
  statements text[] not null
);
comment on table attune_archive.workflow_task_execution_origin is
  'What a rollback also restores: the state of the id sequence, and the view workflow_task_detail where there was one';
comment on column attune_archive.workflow_task_execution_origin.statements is
  'The indexes, triggers and grants of the old table, as statements that make them again';

do $consolidate$
declare
  path text := current_setting('search_path');
  awake record;
  awaken text[] := '{}';
  old regclass := to_regclass('attune.workflow_task_execution');
  sequence regclass;
  stood text[];
  old_rows bigint;
  kept_rows bigint;
  moved_rows bigint;
  offenders bigint[];
begin
  -- This is no change of the execution: triggers that set `updated`, keep history or send notifications have no say.
  for awake in
    select tgname, tgenabled from pg_trigger
    where tgrelid = 'attune.execution'::regclass and not tgisinternal and tgenabled <> 'D'
  loop
    execute format('alter table attune.execution disable trigger %I', awake.tgname);
    awaken := awaken || format('alter table attune.execution enable %s trigger %I',
      case awake.tgenabled when 'A' then 'always' when 'R' then 'replica' else '' end, awake.tgname);
  end loop;

  -- Absent metadata is SQL NULL; the system before this one also wrote JSON null.
  update attune.execution set workflow_task = null where workflow_task = 'null';

  if old is not null then
    select array_agg(id order by id) into offenders from attune.execution where workflow_task is not null;
    if offenders is not null then
      raise exception using errcode = 'unique_violation',
        message = 'both layouts hold tasks: beside the rows of attune.workflow_task_execution, workflow_task is set on the executions '
          || array_to_string(offenders[:100], ', ') || case when cardinality(offenders) > 100 then ' and more' else '' end;
    end if;

    sequence := pg_get_serial_sequence('attune.workflow_task_execution', 'id')::regclass;
    perform set_config('search_path', 'pg_catalog', true); -- the view's text then names schemas
    select array_agg(statement order by rank, statement) into stood
    from (
      select 1 as rank, pg_get_indexdef(indexrelid) as statement from pg_index
      where indrelid = old and not exists (select from pg_constraint where conindid = indexrelid and conrelid = old)
      union all
      select 2, pg_get_triggerdef(oid) from pg_trigger where tgrelid = old and not tgisinternal
      union all
      select 3, format('alter table %s %s trigger %I', old,
        case tgenabled when 'D' then 'disable' when 'A' then 'enable always' else 'enable replica' end, tgname)
      from pg_trigger where tgrelid = old and not tgisinternal and tgenabled <> 'O'
      union all
      select 4, format('grant %s on %s to %s%s', g.privilege_type, old,
        case g.grantee when 0 then 'public' else g.grantee::regrole::text end, case when g.is_grantable then ' with grant option' else '' end)
      from pg_class c, aclexplode(c.relacl) g where c.oid = old and g.grantee <> c.relowner
    ) parts;
    execute format(
      'insert into attune_archive.workflow_task_execution_origin
       select last_value, is_called, pg_get_viewdef($1), obj_description($1, ''pg_class''), coalesce($2, ''{}'') from %s', sequence)
      using to_regclass('attune.workflow_task_detail')::oid, stood;
    perform set_config('search_path', path, true);

    insert into attune_archive.workflow_task_execution
    select t.id, t.workflow_execution, t.execution, t.task_name, t.task_index, t.task_batch, t.status, t.started_at,
      t.completed_at, t.duration_ms, t.result, t.error, t.retry_count, t.max_retries, t.next_retry_at, t.timeout_seconds,
      t.timed_out, t.created, t.updated, t.id = max(t.id) over (partition by t.execution), e.updated
    from attune.workflow_task_execution t
    join attune.execution e on e.id = t.execution
    order by t.id;

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

    -- Read back what was written before the original goes.
    select count(*) into old_rows from attune.workflow_task_execution;
    select count(*) into kept_rows from attune_archive.workflow_task_execution;
    if kept_rows <> old_rows then
      raise exception 'of % old task rows % reached the archive', old_rows, kept_rows;
    end if;
    if moved_rows <> (select count(distinct execution) from attune.workflow_task_execution) then
      raise exception 'the metadata of % executions moved, which is not the number of executions that old task rows name', moved_rows;
    end if;
    select array_agg(e.id order by e.id) into offenders
    from attune.workflow_task_execution t
    join attune_archive.workflow_task_execution a on a.id = t.id
    join attune.execution e on e.id = a.execution
    where (t.workflow_execution, t.execution, t.task_name, t.task_index, t.task_batch, t.status, t.started_at, t.completed_at,
        t.duration_ms, t.result, t.error, t.retry_count, t.max_retries, t.next_retry_at, t.timeout_seconds, t.timed_out,
        t.created, t.updated, e.updated)
      is distinct from (a.workflow_execution, a.execution, a.task_name, a.task_index, a.task_batch, a.status, a.started_at,
        a.completed_at, a.duration_ms, a.result, a.error, a.retry_count, a.max_retries, a.next_retry_at, a.timeout_seconds,
        a.timed_out, a.created, a.updated, a.execution_updated)
    or a.carried and (
      (e.workflow_task->>'workflow_execution')::bigint, e.workflow_task->>'task_name',
      (e.workflow_task->>'task_index')::integer, (e.workflow_task->>'task_batch')::integer,
      (e.workflow_task->>'retry_count')::integer, (e.workflow_task->>'max_retries')::integer,
      (e.workflow_task->>'next_retry_at')::timestamptz, (e.workflow_task->>'timeout_seconds')::integer,
      (e.workflow_task->>'timed_out')::boolean, (e.workflow_task->>'duration_ms')::bigint,
      (e.workflow_task->>'started_at')::timestamptz, (e.workflow_task->>'completed_at')::timestamptz
    ) is distinct from (
      t.workflow_execution, t.task_name::text, t.task_index, t.task_batch, t.retry_count, t.max_retries, t.next_retry_at,
      t.timeout_seconds, t.timed_out, t.duration_ms, t.started_at, t.completed_at);
    if offenders is not null then
      raise exception 'the tasks of these executions read back differently: %', offenders[:100];
    end if;
  end if;

  for awake in select unnest(awaken) as statement loop
    execute awake.statement;
  end loop;
end
$consolidate$;

-- Replaced and not made anew where there was one: its grants, and the views that others built on it, stay.
create or replace view attune.workflow_task_detail as
select
  e.id,
  w.id as workflow_execution,
  w.execution as workflow_execution_id,
  d.ref as workflow_ref,
  (e.workflow_task->>'task_name')::varchar(255) as task_name,
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

-- No CASCADE: what somebody else built on the old table stops the migration instead of vanishing with it.
drop table if exists attune.workflow_task_execution;

-- The typed columns of the old table. (`strict`: a missing key makes the path unknown and not false; what is not true does not hold.
-- The casts raise for text that is no instant: one such row would break the retry query for all.)
create or replace function attune.is_workflow_task(task jsonb) returns boolean
  language sql stable parallel safe
  as $$
    select task @@ 'strict $.workflow_execution.type() == "number"
        && $.task_name.type() == "string"
        && ($.task_index == null || $.task_index.type() == "number")
        && ($.task_batch == null || $.task_batch.type() == "number")
        && $.retry_count.type() == "number"
        && $.max_retries.type() == "number"
        && ($.next_retry_at == null || $.next_retry_at.type() == "string")
        && ($.timeout_seconds == null || $.timeout_seconds.type() == "number")
        && $.timed_out.type() == "boolean"
        && ($.duration_ms == null || $.duration_ms.type() == "number")
        && ($.started_at == null || $.started_at.type() == "string")
        && ($.completed_at == null || $.completed_at.type() == "string")'
      and num_nonnulls(
        (task->>'workflow_execution')::bigint, (task->>'task_index')::integer, (task->>'task_batch')::integer,
        (task->>'retry_count')::integer, (task->>'max_retries')::integer, (task->>'timeout_seconds')::integer,
        (task->>'duration_ms')::bigint, (task->>'next_retry_at')::timestamptz,
        (task->>'started_at')::timestamptz, (task->>'completed_at')::timestamptz) > 0
  $$;
comment on function attune.is_workflow_task(jsonb) is
  'Whether this holds the twelve keys with their types; null where one is missing, an error where text is no number or instant';

create or replace function attune.workflow_task_fault(task jsonb) returns text language plpgsql stable as $$
declare
  key text;
  kind text;
  type text;
  wanted text;
begin
  if jsonb_typeof(task) <> 'object' then
    return format('workflow_task is %s and not an object', left(task::text, 100));
  end if;
  for key, kind, type, wanted in
    values ('workflow_execution', 'number', 'bigint', 'a 64-bit integer'), ('task_name', 'string', 'text', 'a string'),
      ('task_index', 'number', 'integer', 'an integer or null'), ('task_batch', 'number', 'integer', 'an integer or null'),
      ('retry_count', 'number', 'integer', 'an integer'), ('max_retries', 'number', 'integer', 'an integer'),
      ('next_retry_at', 'string', 'timestamptz', 'an instant or null'),
      ('timeout_seconds', 'number', 'integer', 'an integer or null'), ('timed_out', 'boolean', 'boolean', 'true or false'),
      ('duration_ms', 'number', 'bigint', 'a 64-bit integer or null'),
      ('started_at', 'string', 'timestamptz', 'an instant or null'), ('completed_at', 'string', 'timestamptz', 'an instant or null')
  loop
    continue when task->key = 'null' and wanted like '% or null';
    begin
      if jsonb_typeof(task->key) = kind then
        execute format('select $1::%s', type) using task->>key;
        continue;
      end if;
    exception when data_exception then
      null;
    end;
    return format('workflow_task.%s is %s; it has to be %s', key, coalesce(left((task->key)::text, 100), 'missing'), wanted);
  end loop;
  return null;
end
$$;
comment on function attune.workflow_task_fault(jsonb) is 'What attune.is_workflow_task misses, in words; null where it misses nothing';

-- What the old table had by its column types and its foreign key. A trigger and not a CHECK: a CHECK of this length is read,
-- planned and evaluated by every statement on the table, which costs more than all else that starting a task does. This costs
-- nothing where there is no task, and nothing where workflow_task is not written.
-- `for key share` as a foreign key does, so that a run cannot go while a task of it is being made; and after the statement, so
-- that it may make the run, too.
create or replace function attune.check_workflow_task() returns trigger language plpgsql as $$
declare
  task jsonb := new.workflow_task;
  holds boolean;
begin
  begin
    holds := attune.is_workflow_task(task);
  exception when data_exception then
    holds := false;
  end;
  if holds is not true then
    raise exception using errcode = 'check_violation', schema = 'attune', table = 'execution', column = 'workflow_task',
      constraint = 'execution_workflow_task_check',
      message = format('execution %s violates execution_workflow_task_check: %s', new.id, attune.workflow_task_fault(task));
  end if;
  if tg_op = 'INSERT' or task->'workflow_execution' is distinct from old.workflow_task->'workflow_execution' then
    perform from attune.workflow_execution w where w.id = (task->>'workflow_execution')::bigint for key share;
    if not found then
      raise exception using errcode = 'foreign_key_violation', schema = 'attune', table = 'execution', column = 'workflow_task',
        constraint = 'execution_workflow_task_reference',
        message = format('execution %s is the task of a workflow execution that does not exist: %s', new.id,
          task->>'workflow_execution');
    end if;
  end if;
  return null;
end
$$;

-- Rows that somebody else consolidated have not been looked at yet.
do $check$
declare
  task record;
  fault text;
  offenders text[] := '{}';
begin
  if exists (
    select from pg_trigger where tgrelid = 'attune.execution'::regclass and tgname = 'execution_workflow_task_check'
  ) then
    return;
  end if;
  begin
    perform from attune.execution
    where workflow_task is not null and attune.is_workflow_task(workflow_task) is not true limit 1;
    if not found then
      create trigger execution_workflow_task_check after insert or update of workflow_task on attune.execution
        for each row when (new.workflow_task is not null) execute function attune.check_workflow_task();
      return;
    end if;
  exception when data_exception then
    null; -- which rows is looked at only now
  end;
  for task in select id, workflow_task from attune.execution where workflow_task is not null order by id loop
    fault := attune.workflow_task_fault(task.workflow_task);
    if fault is not null then
      offenders := offenders || format('%s (%s)', task.id, fault);
    end if;
    exit when cardinality(offenders) > 100;
  end loop;
  raise exception using errcode = 'check_violation',
    message = 'workflow_task is not the twelve keys with their types on the executions '
      || array_to_string(offenders[:100], ', ') || case when cardinality(offenders) > 100 then ' and more' else '' end;
end
$check$;

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

-- A partial index gives the planner no statistics of its expressions; without these it walks an unrelated index instead. (Of the
-- kind `dependencies` too, the rows without a task would count as one of name and workflow execution: the planner then expects
-- ten tasks of a name where there is one, and plans a prepared statement anew each time.)
create statistics if not exists attune.execution_workflow_stats (ndistinct)
  on (workflow_task->>'workflow_execution'), (workflow_task->>'task_name'), (workflow_task->>'next_retry_at')
  from attune.execution;
comment on statistics attune.execution_workflow_stats is 'for the plans of execution_workflow_task_idx and execution_workflow_retry_idx';

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
