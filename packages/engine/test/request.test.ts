import { AttuneError, type Id } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { knownActions, requestApart, requestExecutions } from '../src/index.ts';
import { flow, registerTestPack } from './play.ts';
import { installAction } from './support.ts';
import { counting } from './statements.ts';

test('a thousand executions are requested in five statements, two hundred and fifty in two, in the order given', async () => {
  await using fresh = await freshDatabase();
  await installAction(fresh.db, { ref: 'test.a', parameters: { n: { type: 'integer' } } });
  await installAction(fresh.db, { ref: 'test.b', runtime: 'python', timeout_seconds: 7 });
  const counted = counting(fresh.db);
  const requested = Array.from({ length: 1_000 }, (_, n) => ({
    action_ref: n % 3 === 0 ? 'test.b' : 'test.a',
    parameters: n % 3 === 0 ? {} : { n },
    executor: null,
  }));
  const request = (from: number, to: number) =>
    counted.db.transaction((tx) => requestExecutions(tx, requested.slice(from, to)));
  const ids = await request(0, 1_000);
  expect(counted.statements()).toBe(5);
  const rows = await fresh.db.many<{ id: string }>(sql`
    select id from execution
    where status = 'scheduled' and run_after is not null and input_hash is not null and revision is not null
      and case when action_ref = 'test.a' then runtime = 'shell' and config ? 'n' and timeout_seconds is null
        else runtime = 'python' and config = '{}' and timeout_seconds = 7 end
    order by coalesce((config->>'n')::int, 0) = 0, (config->>'n')::int, id`);
  expect(rows).toHaveLength(1_000);
  expect(ids).toEqual([...rows.map(({ id }) => id)].sort((a, b) => Number(a) - Number(b)));
  await request(0, 250);
  expect(counted.statements()).toBe(7);
});

test('those that do not fit are refused by themselves; workflows begin', async () => {
  await using fresh = await freshDatabase();
  await registerTestPack(fresh.db, {
    'actions/strict.yaml': 'ref: test.strict\nentry_point: do.sh\nparameters:\n  n: {type: integer}\n',
    ...flow('version: 1.0.0\ntasks:\n  - name: a\n    action: test.do\n'),
  });
  const asked = [
    { action_ref: 'test.flow', parameters: {} },
    { action_ref: 'test.none', parameters: {} },
    { action_ref: 'test.strict', parameters: { n: 1 } },
    { action_ref: 'test.strict', parameters: { n: 'x' } },
    { action_ref: 'test.do', parameters: {} },
  ];
  const answers = await fresh.db.transaction((tx) =>
    requestExecutions(
      tx,
      asked.map((one) => ({ ...one, executor: null })),
    ),
  );
  expect(answers.map((answer) => (answer instanceof AttuneError ? answer.details[0]?.pointer : 'id'))).toEqual([
    ...['id', '/action_ref', 'id', '/parameters/n', 'id'],
  ]);
  const rows = await fresh.db.many<{ id: string }>(sql`
    select id, action_ref, status, parent from execution order by action_ref, parent nulls first`);
  const [first, , strict, , last] = answers;
  expect(rows).toMatchObject([
    { id: last, action_ref: 'test.do', status: 'scheduled', parent: null },
    { action_ref: 'test.do', status: 'scheduled', parent: first },
    { id: first, action_ref: 'test.flow', status: 'running' },
    { id: strict, action_ref: 'test.strict', status: 'scheduled' },
  ]);
});

const strict = { ref: 'test.a', parameters: { n: { type: 'integer', default: 7 } } };
const ask = (n: unknown = 1, action_ref = 'test.a') => ({ action_ref, parameters: { n: n as number }, executor: null });
const asIs = (answers: (Id | AttuneError)[]) => answers.map((one) => (one instanceof AttuneError ? one.code : one));
const stored = (db: Database) =>
  db.many<{ id: Id }>(sql`select id, action_ref, runtime, revision, config, status from execution order by id`);

test('by itself a request takes one statement, in no transaction, where its action is known', async () => {
  await using fresh = await freshDatabase();
  await installAction(fresh.db, strict);
  const counted = counting(fresh.db);
  expect(await requestApart(counted.db, [ask()], asIs)).toEqual(['1']);
  expect(counted.statements()).toBe(3);
  const alone = { ...counted.db, transaction: () => Promise.reject(new Error('A transaction was begun')) };
  await requestApart(alone, [ask()], asIs);
  const before = counted.statements();
  expect(await requestApart(alone, [ask(2), ask(3), { ...ask(), parameters: {} }], asIs)).toEqual(['3', '4', '5']);
  expect(counted.statements()).toBe(before + 1);
  expect(await stored(fresh.db)).toMatchObject([1, 1, 2, 3, 7].map((n) => ({ config: { n }, status: 'scheduled' })));
});

test.each([3, 600])('%i are requested by what is registered now, whatever was known', async (count) => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const other = fresh.open();
  const many = (request = ask()) =>
    requestApart(
      db,
      Array.from({ length: count }, () => request),
      asIs,
    );
  const added = async (request = ask()) => {
    const before = (await stored(db)).length;
    const answers = await many(request);
    const rows = (await stored(db)).slice(before);
    return { answers: new Set(answers.filter((answer) => !/^\d+$/.test(answer))), rows };
  };
  await installAction(db, strict);
  await many();

  await installAction(other, { ...strict, runtime: 'python' });
  const updated = await added();
  expect(updated.rows.map((row) => ({ ...row, id: '' }))).toEqual(
    Array.from({ length: count }, () => ({ ...updated.rows[0], id: '' })),
  );
  expect(updated.rows).toHaveLength(count);
  expect(updated.rows[0]).toMatchObject({ runtime: 'python' });

  await installAction(other, { ref: 'test.a', parameters: { m: { type: 'integer' } } });
  expect(await added()).toEqual({ answers: new Set(['invalid_input']), rows: [] });
  // what was known refuses it, and what is registered does not
  await installAction(other, strict);
  expect((await added()).rows).toHaveLength(count);

  expect(await added(ask(1, 'test.b'))).toEqual({ answers: new Set(['unknown_ref']), rows: [] });
  await installAction(other, { ...strict, ref: 'test.b' });
  expect((await added(ask(1, 'test.b'))).rows).toHaveLength(count);
  await other.run(sql`update action set removed_at = now() where ref = 'test.a'`);
  expect(await added()).toEqual({ answers: new Set(['unknown_ref']), rows: [] });
  expect((await added(ask(1, 'test.b'))).rows).toHaveLength(count);
});

test('an action that changes between its look-up and the insert is looked up again', async () => {
  await using fresh = await freshDatabase();
  const other = fresh.open();
  await installAction(fresh.db, strict);
  await requestApart(fresh.db, [ask()], asIs);
  let isBetween = true;
  const db: Database = {
    ...fresh.db,
    async many(statement) {
      const rows = await fresh.db.many(statement);
      if (isBetween) await installAction(other, { ...strict, runtime: 'python' });
      isBetween = false;
      return rows;
    },
  };
  await requestApart(db, [ask()], asIs);
  expect(await stored(fresh.db)).toMatchObject([{ runtime: 'shell' }, { runtime: 'python' }]);
});

test('what is approved of none is not stored, and of a refused one only that is', async () => {
  await using fresh = await freshDatabase();
  await installAction(fresh.db, strict);
  const refuse = () => {
    throw new Error('No');
  };
  const mixed = [ask(), ask('x'), ask(2)];
  await expect(requestApart(fresh.db, mixed, refuse)).rejects.toThrow('No');
  expect(await stored(fresh.db)).toEqual([]);
  const answers = await requestApart(fresh.db, mixed, asIs);
  expect(answers[1]).toBe('invalid_input');
  expect((await stored(fresh.db)).map(({ id }) => id)).toEqual([answers[0], answers[2]]);
  expect(await stored(fresh.db)).toMatchObject([{ config: { n: 1 } }, { config: { n: 2 } }]);
  expect(await requestApart(fresh.db, [], asIs)).toEqual([]);
});

test('workflows begin when they are requested by themselves', async () => {
  await using fresh = await freshDatabase();
  await registerTestPack(fresh.db, flow('version: 1.0.0\ntasks:\n  - name: a\n    action: test.do\n'));
  const wanted = ['test.do', 'test.flow'].map((action_ref) => ({ action_ref, parameters: {}, executor: null }));
  for (let n = 0; n < 2; n++) await requestApart(fresh.db, wanted, asIs);
  expect((await stored(fresh.db)).map((row) => row)).toMatchObject(
    [...Array<undefined>(2)].flatMap(() => [
      { action_ref: 'test.do', status: 'scheduled' },
      { action_ref: 'test.flow', status: 'running' },
      { action_ref: 'test.do', status: 'scheduled' },
    ]),
  );
});

test('within a transaction, what is known saves the look-up, and where it is out of date it is looked up', async () => {
  await using fresh = await freshDatabase();
  await installAction(fresh.db, strict);
  const counted = counting(fresh.db);
  const known = await knownActions(counted.db, [ask()]);
  const request = async () => {
    const before = counted.statements();
    await counted.db.transaction((tx) => requestExecutions(tx, [ask()], known));
    return counted.statements() - before;
  };
  expect(await request()).toBe(1);
  await installAction(fresh.db, { ...strict, runtime: 'python' });
  expect(await request()).toBe(3);
  expect(await stored(fresh.db)).toMatchObject([{ runtime: 'shell' }, { runtime: 'python' }]);
});

test('whoever takes what was asked for is named, so that nobody else is woken', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'core.noop', runtime: 'builtin' });
  await installAction(db, { ref: 'test.do' });
  const topicsOf = (...refs: string[]) =>
    requestApart(
      db,
      refs.map((action_ref) => ({ action_ref, parameters: {}, executor: null })),
      (_, topics) => topics,
    );
  expect(await topicsOf('core.noop', 'core.noop')).toEqual(['builtin']);
  expect(await topicsOf('test.do')).toEqual(['process']);
  expect(await topicsOf('test.do', 'core.noop')).toEqual(['process', 'builtin']);
  await registerTestPack(db, flow('version: 1.0.0\ntasks:\n  - { name: only, action: test.do }\n'));
  expect(await topicsOf('test.flow')).toEqual(['execution']);
});
