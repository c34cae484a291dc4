drop view attune.workflow_task;
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
drop table attune.pack_action;
drop index attune.execution_rerun_of_idx;
alter table attune.execution drop column rerun, drop column rerun_of;
