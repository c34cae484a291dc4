do $$
declare
  a record;
begin
  for a in
    select c.oid::regclass as relation, t.attname
    from pg_attrdef d
    join pg_attribute t on t.attrelid = d.adrelid and t.attnum = d.adnum
    join pg_class c on c.oid = d.adrelid
    where c.relnamespace = 'attune'::regnamespace and c.relkind in ('r', 'p')
      and pg_get_expr(d.adbin, d.adrelid) in ('attune.clock()', 'clock()')
    order by 1, t.attnum
  loop
    execute format('alter table %s alter column %I set default now()', a.relation, a.attname);
  end loop;
end $$;

drop function attune.clock();
