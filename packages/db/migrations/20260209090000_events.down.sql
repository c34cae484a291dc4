alter table attune.idempotency drop column entities;

drop index attune.execution_enforcement_key;
create unique index execution_enforcement_key on attune.execution (enforcement)
  where revision is not null and parent is null and original_execution is null;
comment on index attune.execution_enforcement_key is 'one execution per enforcement';

do $$
declare
  reference record;
begin
  for reference in
    select * from (values
      ('execution', 'action', 'action', 'id', ''),
      ('execution', 'enforcement', 'enforcement', 'id', ''),
      ('execution', 'parent', 'execution', 'id', ''),
      ('execution', 'revision', 'revision', 'hash', ''),
      ('execution', 'pack_revision', 'revision', 'hash', ''),
      ('execution', 'cause', 'event', 'id', 'on delete set null'),
      ('execution', 'executor', 'identity', 'id', 'on delete set null'),
      ('execution', 'original_execution', 'execution', 'id', 'on delete set null'),
      ('execution', 'rerun_of', 'execution', 'id', 'on delete set null'),
      ('execution', 'worker', 'worker', 'id', 'on delete set null'),
      ('execution', 'workflow_def', 'workflow_definition', 'id', 'on delete set null'),
      ('event', 'trigger', 'trigger', 'id', 'on delete set null'),
      ('event', 'rule', 'rule', 'id', 'on delete set null'),
      ('event', 'rule_set', 'revision', 'hash', ''),
      ('event', 'cause', 'execution', 'id', 'on delete set null'),
      ('enforcement', 'rule', 'rule', 'id', 'on delete set null'),
      ('enforcement', 'event', 'event', 'id', 'on delete set null'),
      ('enforcement', 'revision', 'revision', 'hash', '')
    ) as r(from_table, from_column, to_table, to_column, deletion)
  loop
    execute format('drop trigger %I on attune.%I', format('%s_%s_kept', reference.from_table, reference.from_column),
      reference.to_table);
    execute format('alter table attune.%I add constraint %I foreign key (%I) references attune.%I (%I) %s', reference.from_table,
      format('%s_%s_fkey', reference.from_table, reference.from_column), reference.from_column, reference.to_table,
      reference.to_column, reference.deletion);
  end loop;
end $$;

drop function attune.keep_references();
