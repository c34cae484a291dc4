alter table attune.workflow_execution
  alter column state set storage extended,
  alter column variables set storage extended,
  alter column current_tasks set storage extended,
  alter column completed_tasks set storage extended,
  alter column failed_tasks set storage extended,
  alter column skipped_tasks set storage extended;
alter table attune.workflow_execution reset (toast_tuple_target);

drop trigger pack_registry on attune.pack;
drop trigger action_registry on attune.action;
drop function attune.registry_changed();
drop table attune.registry;

update attune.execution set runtime = 'native'
where runtime = 'builtin' and status in ('requested', 'scheduling', 'scheduled');
update attune.pack_action set runtime_ref = 'native' where runtime_ref = 'builtin';
update attune.action set runtime_ref = 'native' where runtime_ref = 'builtin';

drop index attune.execution_status_idx;
create index execution_status_idx on attune.execution (status, id);
comment on index attune.execution_status_idx is 'list: executions by status, newest first';

drop index attune.execution_ready_idx;
create index execution_ready_idx on attune.execution (run_after, id) where status = 'scheduled' and revision is not null;
comment on index attune.execution_ready_idx is 'claim: due executions, earliest first; next due time';
