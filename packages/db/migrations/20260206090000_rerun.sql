-- Running again: an execution names the one that it runs again, and each pack revision which definitions its actions had, so that
-- what runs, and what runs again, keeps them while the pack is updated.

alter table attune.execution
  add column rerun_of bigint references attune.execution (id) on delete set null,
  add column rerun jsonb;
comment on column attune.execution.rerun_of is 'The execution that this one runs again: the whole, or the same task of it';
comment on column attune.execution.rerun is
  'How: {"mode": "whole", "from" or "failed", "from": [task, ...], "reset_items", "latest", "starts": what runs again of a workflow}';
create index execution_rerun_of_idx on attune.execution (rerun_of) where rerun_of is not null;
comment on index attune.execution_rerun_of_idx is 'list: the re-runs of an execution';

create table attune.pack_action (
  pack_revision text not null references attune.revision (hash),
  ref text not null,
  revision text not null references attune.revision (hash),
  runtime_ref text,
  primary key (pack_revision, ref)
);
comment on table attune.pack_action is 'The definitions that the actions of a pack have in one of its revisions; never updated';

-- `workflow_task` of a task in a re-run says what was made of its record: `reused_from`, the execution whose result it took over, or
-- `not_reused`, the reason why it runs.
create or replace view attune.workflow_task as
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
  e.updated,
  (e.workflow_task->>'reused_from')::bigint as reused_from,
  e.workflow_task->>'not_reused' as not_reused
from attune.execution e
join attune.workflow_execution w on w.id::text = e.workflow_task->>'workflow_execution'
where e.workflow_task is not null;
