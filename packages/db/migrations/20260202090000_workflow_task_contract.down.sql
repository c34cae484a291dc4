drop view attune.workflow_task;
