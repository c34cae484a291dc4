-- Events, enforcements and executions are made by the thousand, and of what one of them cost to insert, half went into checking the
-- references it carries: of 34 us for an execution that somebody requests 16 us, of the 3 us that each reference to a row takes two
-- were for locking that row. (PostgreSQL 18, 2 cores, batches of 2,000; without references and with all its indexes 15 us.)
--
-- What such a reference names is read in the transaction that writes it, and nothing ever deletes it while the product runs: actions,
-- rules and triggers are retired, definitions are immutable and named by their content. So the check moves to where it is ever needed,
-- the deletion: it does what the foreign key did (`on delete set null`, or refuse), once for a statement instead of once for a row of
-- these tables. What is given up is the check of an id that somebody makes up in an INSERT of their own.

create function attune.keep_references() returns trigger language plpgsql as $$
-- Arguments: the table and the column that name what was deleted, the column they name it by, and what becomes of them: 'refuse' as a
-- foreign key refuses, or 'forget'.
declare
  fault text;
begin
  if tg_argv[3] = 'forget' then
    execute format('update attune.%1$I r set %2$I = null from gone where r.%2$I = gone.%3$I', tg_argv[0], tg_argv[1], tg_argv[2]);
    return null;
  end if;
  execute format('select gone.%3$I::text from gone join attune.%1$I r on r.%2$I = gone.%3$I limit 1', tg_argv[0], tg_argv[1], tg_argv[2])
    into fault;
  if fault is not null then
    raise foreign_key_violation using
      constraint = format('%s_%s_fkey', tg_argv[0], tg_argv[1]), table = tg_table_name, schema = tg_table_schema,
      message = format('update or delete on table "%s" violates foreign key constraint "%s_%s_fkey" on table "%s"',
        tg_table_name, tg_argv[0], tg_argv[1], tg_argv[0]),
      detail = format('Key (%s)=(%s) is still referenced from table "%s".', tg_argv[2], fault, tg_argv[0]);
  end if;
  return null;
end $$;
comment on function attune.keep_references() is 'Does at a deletion what a foreign key of a hot table would do';

do $$
declare
  reference record;
begin
  for reference in
    select * from (values
      ('execution', 'action', 'action', 'id', 'refuse'),
      ('execution', 'enforcement', 'enforcement', 'id', 'refuse'),
      ('execution', 'parent', 'execution', 'id', 'refuse'),
      ('execution', 'revision', 'revision', 'hash', 'refuse'),
      ('execution', 'pack_revision', 'revision', 'hash', 'refuse'),
      ('execution', 'cause', 'event', 'id', 'forget'),
      ('execution', 'executor', 'identity', 'id', 'forget'),
      ('execution', 'original_execution', 'execution', 'id', 'forget'),
      ('execution', 'rerun_of', 'execution', 'id', 'forget'),
      ('execution', 'worker', 'worker', 'id', 'forget'),
      ('execution', 'workflow_def', 'workflow_definition', 'id', 'forget'),
      ('event', 'trigger', 'trigger', 'id', 'forget'),
      ('event', 'rule', 'rule', 'id', 'forget'),
      ('event', 'rule_set', 'revision', 'hash', 'refuse'),
      ('event', 'cause', 'execution', 'id', 'forget'),
      ('enforcement', 'rule', 'rule', 'id', 'forget'),
      ('enforcement', 'event', 'event', 'id', 'forget'),
      ('enforcement', 'revision', 'revision', 'hash', 'refuse')
    ) as r(from_table, from_column, to_table, to_column, deletion)
  loop
    execute format('alter table attune.%I drop constraint if exists %I', reference.from_table,
      format('%s_%s_fkey', reference.from_table, reference.from_column));
    execute format('create trigger %I after delete on attune.%I referencing old table as gone
      for each statement execute function attune.keep_references(%L, %L, %L, %L)',
      format('%s_%s_kept', reference.from_table, reference.from_column), reference.to_table,
      reference.from_table, reference.from_column, reference.to_column, reference.deletion);
  end loop;
end $$;

-- What no enforcement led to had an entry in this index, too.
drop index attune.execution_enforcement_key;
create unique index execution_enforcement_key on attune.execution (enforcement)
  where enforcement is not null and revision is not null and parent is null and original_execution is null;
comment on index attune.execution_enforcement_key is 'one execution per enforcement';

-- A batch of events or executions with one key is answered with all its ids again.
alter table attune.idempotency add column entities bigint[];
comment on column attune.idempotency.entities is 'All that the request made, where it was a batch; `entity` is the first of them';
