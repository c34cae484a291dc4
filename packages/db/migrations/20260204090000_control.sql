-- Control of what runs: a run can be paused and resumed, and an execution can wait for a person's answer.

-- Pause ---------------------------------------------------------------------------------------------------------------------

-- `paused` is true for every run in which nothing may start: the one that was paused, and those below it. `paused_by` tells them
-- apart, so that resuming one lets go of what it held and of nothing that was paused for itself.
alter table attune.workflow_execution
  add column paused_by bigint references attune.execution (id) on delete set null,
  add constraint workflow_execution_paused_by_check check (paused_by is null or paused);
comment on column attune.workflow_execution.paused_by is
  'The execution whose pause holds this run: its own, or the nearest one above that was paused';

create index workflow_execution_execution_idx on attune.workflow_execution (execution);
comment on index attune.workflow_execution_execution_idx is
  'list, tree: the run of an execution and whether it is paused, rows of older systems included';

-- On the execution, so that whoever looks for work passes it over without looking at its run.
alter table attune.execution add column held boolean not null default false;
comment on column attune.execution.held is 'Not started, or not tried again, because its run is paused';
drop index attune.execution_requested_idx;
create index execution_requested_idx on attune.execution (id)
  where status in ('requested', 'scheduling') and revision is not null and not held;
comment on index attune.execution_requested_idx is 'admit: executions that wait for admission; next due time';

create table attune.paused_end (
  id bigserial primary key,
  workflow_execution bigint not null references attune.workflow_execution (id) on delete cascade,
  execution bigint not null unique references attune.execution (id) on delete cascade,
  restarts boolean not null
);
comment on table attune.paused_end is
  'Task executions that ended while their run was paused, in the order they ended; the run is told of them when it is resumed';
comment on column attune.paused_end.restarts is 'Its worker was lost, and it is to be started again instead of being told';
create index paused_end_run_idx on attune.paused_end (workflow_execution);
comment on index attune.paused_end_run_idx is 'resume, cancel: the ends that a run has not been told of';

-- Inquiries -----------------------------------------------------------------------------------------------------------------

alter table attune.inquiry
  add column responded_by bigint references attune.identity (id) on delete set null,
  add column action_result jsonb;
comment on column attune.inquiry.action_result is
  'What the action that asked had answered beside its question; null where the action is core.ask';
create index inquiry_execution_idx on attune.inquiry (execution);
comment on index attune.inquiry_execution_idx is 'the question that an execution waits with; list: inquiries of an execution';
create index inquiry_deadline_idx on attune.inquiry (timeout_at) where status = 'pending' and timeout_at is not null;
comment on index attune.inquiry_deadline_idx is 'expire: pending inquiries past their deadline; next deadline';
create index inquiry_pending_idx on attune.inquiry (id) where status = 'pending';
comment on index attune.inquiry_pending_idx is 'list: what waits for an answer, newest first';
