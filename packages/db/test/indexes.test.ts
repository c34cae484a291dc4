import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { sql } from '../src/database.ts';

test('every index says in its comment which query it is for', async () => {
  await using database = await freshDatabase();
  // those of primary keys and unique columns are rules first
  const bare = await database.db.many(sql`
    select i.indexrelid::regclass::text as index
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'attune' and obj_description(i.indexrelid, 'pg_class') is null
      and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u'))`);
  expect(bare).toEqual([]);
});

test('only a task, where its metadata is written, fires a trigger on a row of a hot table', async () => {
  await using database = await freshDatabase();
  const found = await database.db.many(sql`
    select t.tgname from pg_trigger t
    where t.tgrelid in ('attune.execution'::regclass, 'attune.event'::regclass, 'attune.enforcement'::regclass)
      and not t.tgisinternal and t.tgtype & 1 = 1`);
  // a row that is no task does not fire it, nor does an update that leaves workflow_task alone: docs/performance-layout.md
  expect(found).toEqual([{ tgname: 'execution_workflow_task_check' }]);
});
