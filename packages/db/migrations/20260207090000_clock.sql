-- One clock: every statement of the product reads the time through this function, which is the database's own clock. It is inlined
-- into the statement that calls it, so it costs nothing; a test may replace it to see what a jump of the clock does.

create function attune.clock() returns timestamptz
language sql stable parallel safe
return now();
comment on function attune.clock() is 'The time of the transaction on the database''s clock';

do $$
declare
  a record;
begin
  for a in
    select c.oid::regclass as relation, t.attname
    from pg_attrdef d
    join pg_attribute t on t.attrelid = d.adrelid and t.attnum = d.adnum
    join pg_class c on c.oid = d.adrelid
    where c.relnamespace = 'attune'::regnamespace and c.relkind in ('r', 'p') and pg_get_expr(d.adbin, d.adrelid) = 'now()'
    order by 1, t.attnum
  loop
    execute format('alter table %s alter column %I set default attune.clock()', a.relation, a.attname);
  end loop;
end $$;
