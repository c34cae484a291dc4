-- What a worker takes next is found by its runtime: executions that nobody here can run may wait by the hundred thousand without being
-- walked over by every claim.
drop index attune.execution_ready_idx;
create index execution_ready_idx on attune.execution (runtime, run_after, id) where status = 'scheduled' and revision is not null;
comment on index attune.execution_ready_idx is 'claim: due executions of a runtime, earliest first; next due time; metrics: what waits';

-- Most executions end completed, and then they leave this index: one entry less is written for each.
drop index attune.execution_status_idx;
create index execution_status_idx on attune.execution (status, id) where status <> 'completed';
comment on index attune.execution_status_idx is 'list: executions by status, newest first; those completed are found by going through all, of which they are most';

-- Built-ins run inside the worker and take none of its slots: they are a runtime of their own.
update attune.action set runtime_ref = 'builtin'
where runtime_ref = 'native' and definition->>'entry_point' like 'builtin:%';
update attune.pack_action k set runtime_ref = 'builtin'
from attune.revision v
where v.hash = k.revision and k.runtime_ref = 'native' and v.definition->>'entry_point' like 'builtin:%';
update attune.execution e set runtime = 'builtin'
from attune.revision v
where e.status in ('requested', 'scheduling', 'scheduled') and e.runtime = 'native' and v.hash = e.revision
  and v.definition->>'entry_point' like 'builtin:%';

-- A number that changes with every registration, so that what is registered is read once by a process and kept until then.
create table attune.registry (
  is_only boolean primary key default true check (is_only),
  version bigint not null default 1
);
comment on table attune.registry is 'One row, whose version changes in every transaction that changes an action or a pack';
insert into attune.registry default values;

create function attune.registry_changed() returns trigger
language plpgsql
as $$
begin
  update attune.registry set version = version + 1;
  return null;
end $$;

create trigger action_registry after insert or update or delete on attune.action
  for each statement execute function attune.registry_changed();
create trigger pack_registry after insert or update or delete on attune.pack
  for each statement execute function attune.registry_changed();

-- Each step of a run writes its row anew. What never changes in it (its graph, what it knows of what is around it) is kept beside the row,
-- so that a step does not write it again; what changes at each step stays in the row. A fifth of the log of a step is saved.
alter table attune.workflow_execution set (toast_tuple_target = 256);
alter table attune.workflow_execution
  alter column state set storage main,
  alter column variables set storage main,
  alter column current_tasks set storage main,
  alter column completed_tasks set storage main,
  alter column failed_tasks set storage main,
  alter column skipped_tasks set storage main;
