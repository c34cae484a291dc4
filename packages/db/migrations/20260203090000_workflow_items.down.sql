drop index attune.execution_parent_idx;
create index execution_parent_idx on attune.execution (parent) where parent is not null;
comment on index attune.execution_parent_idx is 'tree, cancel: the children of an execution';
comment on column attune.workflow_execution.skipped_tasks is null;
comment on column attune.workflow_execution.failed_tasks is null;
comment on column attune.workflow_execution.completed_tasks is null;
comment on column attune.workflow_execution.current_tasks is null;
alter table attune.workflow_execution drop column variables_step;
drop table attune.workflow_item_list;
