-- What the old table gave by its columns and its foreign key, for metadata that is JSON: typed columns to read, and no task
-- without its workflow execution.

-- The reference is looked at once per statement, on the side that is cheap: nothing is paid by updates of other columns.
-- `for key share` as a foreign key does, so that a run cannot go while a task of it is being made.
create function attune.require_workflow_execution() returns trigger language plpgsql as $$
declare
  orphans text;
begin
  perform from attune.workflow_execution w
  where w.id in (select (made.workflow_task->>'workflow_execution')::bigint from made where made.workflow_task is not null)
  for key share;

  select string_agg(format('%s (workflow execution %s)', made.id, made.workflow_task->>'workflow_execution'), ', ' order by made.id)
  into orphans
  from made
  where made.workflow_task is not null
    and not exists (
      select from attune.workflow_execution w where w.id = (made.workflow_task->>'workflow_execution')::bigint);
  if orphans is not null then
    raise exception using errcode = 'foreign_key_violation', schema = 'attune', table = 'execution',
      constraint = 'execution_workflow_task_reference',
      message = 'task executions name a workflow execution that does not exist: ' || orphans;
  end if;
  return null;
end
$$;
create trigger execution_workflow_task_reference after insert on attune.execution
  referencing new table as made for each statement execute function attune.require_workflow_execution();

-- (A trigger that names columns cannot see all rows of its statement at once; the condition keeps this one from being called
-- where a task stays with its workflow execution, which is always.)
create function attune.require_new_workflow_execution() returns trigger language plpgsql as $$
begin
  perform from attune.workflow_execution w where w.id = (new.workflow_task->>'workflow_execution')::bigint for key share;
  if not found then
    raise exception using errcode = 'foreign_key_violation', schema = 'attune', table = 'execution',
      constraint = 'execution_workflow_task_reference',
      message = format('task executions name a workflow execution that does not exist: %s (workflow execution %s)',
        new.id, new.workflow_task->>'workflow_execution');
  end if;
  return null;
end
$$;
create trigger execution_workflow_task_moved after update of workflow_task on attune.execution
  for each row
  when (new.workflow_task is not null
    and new.workflow_task->'workflow_execution' is distinct from old.workflow_task->'workflow_execution')
  execute function attune.require_new_workflow_execution();

-- The join, and not a cast, gives the workflow execution its type: so a condition on it finds execution_workflow_task_idx.
create view attune.workflow_task as
select
  e.id,
  e.action,
  e.action_ref,
  e.parent,
  e.status,
  e.result,
  w.id as workflow_execution,
  e.workflow_task->>'task_name' as task_name,
  (e.workflow_task->>'task_index')::integer as task_index,
  (e.workflow_task->>'task_batch')::integer as task_batch,
  (e.workflow_task->>'retry_count')::integer as retry_count,
  (e.workflow_task->>'max_retries')::integer as max_retries,
  (e.workflow_task->>'next_retry_at')::timestamptz as next_retry_at,
  (e.workflow_task->>'timeout_seconds')::integer as timeout_seconds,
  (e.workflow_task->>'timed_out')::boolean as timed_out,
  (e.workflow_task->>'duration_ms')::bigint as duration_ms,
  (e.workflow_task->>'started_at')::timestamptz as started_at,
  (e.workflow_task->>'completed_at')::timestamptz as completed_at,
  (e.workflow_task->>'visit')::integer as visit,
  (e.workflow_task->>'attempt')::integer as attempt,
  e.created,
  e.updated
from attune.execution e
join attune.workflow_execution w on w.id::text = e.workflow_task->>'workflow_execution'
where e.workflow_task is not null;
comment on view attune.workflow_task is
  'Contract: the tasks of workflows with typed columns. Columns are added at most; none is renamed, retyped or taken away';
