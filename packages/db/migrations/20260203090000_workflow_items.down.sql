comment on column attune.workflow_execution.skipped_tasks is null;
comment on column attune.workflow_execution.failed_tasks is null;
comment on column attune.workflow_execution.completed_tasks is null;
comment on column attune.workflow_execution.current_tasks is null;
alter table attune.workflow_execution drop column variables_step;
drop table attune.workflow_item_list;
