-- Items: a task of a workflow may run once for each element of a list. The list is kept apart from the run's state, so that a step
-- about one item reads that item, and not a list of a hundred thousand.

-- Rendered once, when the run of the task begins, and never changed: what the run is replayed from.
create table attune.workflow_item_list (
  workflow_execution bigint not null references attune.workflow_execution (id) on delete cascade,
  task_name text not null,
  visit integer not null check (visit > 0),
  chunk integer not null check (chunk >= 0),
  size integer not null check (size between 1 and 256),
  -- an array; an object where the elements are secret and sealed
  items jsonb not null check (jsonb_typeof(items) = 'object' or jsonb_array_length(items) = size),
  primary key (workflow_execution, task_name, visit, chunk)
);
comment on table attune.workflow_item_list is
  'The lists that tasks with items go through, in chunks of 256 elements, the last one shorter. Append-only';

-- Large variables are read when they have changed, and not at each step.
alter table attune.workflow_execution add column variables_step integer not null default 0;
comment on column attune.workflow_execution.variables_step is 'The step that changed the variables last';

-- Written at each step they would make a step cost the more, the more tasks have ended.
comment on column attune.workflow_execution.current_tasks is
  'Tasks that run or wait for a retry. Of a workflow of more than 200 tasks the four lists are written when it ends';
comment on column attune.workflow_execution.completed_tasks is 'Tasks whose last run succeeded, or failed and was handled';
comment on column attune.workflow_execution.failed_tasks is 'Tasks whose last run failed';
comment on column attune.workflow_execution.skipped_tasks is 'Tasks that were skipped last; workflow_step says why';

-- A run may have a hundred thousand children, of which a few have not ended.
drop index attune.execution_parent_idx;
create index execution_parent_idx on attune.execution (parent, status) where parent is not null;
comment on index attune.execution_parent_idx is
  'tree: the children of an execution; cancel, pause, advance: those that have not ended';
