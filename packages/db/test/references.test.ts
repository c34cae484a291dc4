import { expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../testing/database.ts';
import { sql } from '../src/database.ts';

async function filled(): Promise<TestDatabase> {
  const fresh = await freshDatabase();
  await fresh.db.list(
    sql.raw(`
    insert into revision (hash, kind, ref, definition) values (repeat('a', 64), 'action', 'test.a', '{}'), (repeat('b', 64), 'rule', 'test.r', '{}');
    insert into pack (ref, label, version) values ('test', 'P', '1.0.0');
    insert into action (ref, pack, pack_ref, label, description, entrypoint) select 'test.a', id, 'test', 'A', '', '' from pack;
    insert into trigger (ref, label) values ('test.t', 'T');
    insert into rule (ref, pack, pack_ref, label, description, action, action_ref, trigger, trigger_ref, enabled)
      select 'test.r', p.id, 'test', 'R', '', a.id, 'test.a', t.id, 'test.t', true from pack p, action a, trigger t;
    insert into identity (login) values ('somebody');
    insert into worker (name, worker_type) values ('w', 'local');
    insert into event (trigger, trigger_ref, rule, rule_set) select t.id, 'test.t', r.id, repeat('b', 64) from trigger t, rule r;
    insert into enforcement (rule, rule_ref, trigger_ref, event, revision, payload)
      select r.id, 'test.r', 'test.t', v.id, repeat('b', 64), '{}' from rule r, event v;
    insert into execution (action, action_ref, enforcement, executor, cause, worker, revision)
      select a.id, 'test.a', n.id, i.id, v.id, w.id, repeat('a', 64) from action a, enforcement n, identity i, event v, worker w;
    insert into execution (action_ref, parent, original_execution, rerun_of) select 'test.a', id, id, id from execution;`),
  );
  return fresh;
}

test.each([
  ['action', 'execution_action_fkey'],
  ['enforcement', 'execution_enforcement_fkey'],
  [`execution where parent is null`, 'execution_parent_fkey'],
  [`revision where kind = 'action'`, 'execution_revision_fkey'],
  [`pack`, 'execution_action_fkey'],
])('what an execution needs cannot be deleted: %s', async (what, constraint) => {
  await using fresh = await filled();
  await fresh.db.run(sql`delete from rule`);
  const refused = fresh.db.list(sql.raw(`delete from ${what}`));
  await expect(refused).rejects.toMatchObject({ code: '23503', constraint });
});

test('what a row only mentions can be deleted, and is forgotten', async () => {
  await using fresh = await filled();
  await fresh.db.list(
    sql.raw(`
    delete from identity; delete from worker; delete from event;
    update execution set parent = null; delete from execution where executor is null and enforcement is not null;
    delete from rule; delete from trigger;`),
  );
  expect(await fresh.db.many(sql`select parent, original_execution, rerun_of from execution`)).toEqual([
    { parent: null, original_execution: null, rerun_of: null },
  ]);
  expect(await fresh.db.many(sql`select rule, event from enforcement`)).toEqual([{ rule: null, event: null }]);
});

test('the identity, event and worker of an execution, and the trigger and rule of an event, are forgotten with them', async () => {
  await using fresh = await filled();
  await fresh.db.list(sql.raw('delete from identity; delete from worker; delete from rule; delete from trigger;'));
  expect(await fresh.db.many(sql`select trigger, rule from event`)).toEqual([{ trigger: null, rule: null }]);
  await fresh.db.run(sql`delete from event`);
  expect(await fresh.db.many(sql`select executor, worker, cause from execution where enforcement is not null`)).toEqual(
    [{ executor: null, worker: null, cause: null }],
  );
});
