drop view attune.workflow_task;
drop trigger execution_workflow_task_moved on attune.execution;
drop trigger execution_workflow_task_reference on attune.execution;
drop function attune.require_new_workflow_execution();
drop function attune.require_workflow_execution();
