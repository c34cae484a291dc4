-- Takes the founding layout away again, with all its data. Without CASCADE: what somebody else hung on it stops this.

drop table
  attune.workflow_task_execution,
  attune.workflow_execution,
  attune.inquiry,
  attune.execution,
  attune.enforcement,
  attune.event,
  attune.key,
  attune.rule,
  attune.action,
  attune.workflow_definition,
  attune.sensor,
  attune.trigger,
  attune.permission_assignment,
  attune.permission_set,
  attune.identity,
  attune.worker,
  attune.runtime,
  attune.pack;
drop type
  attune.runtime_type_enum,
  attune.worker_type_enum,
  attune.worker_status_enum,
  attune.owner_type_enum,
  attune.enforcement_status_enum,
  attune.enforcement_condition_enum,
  attune.inquiry_status_enum,
  attune.execution_status_enum;
drop schema attune;
