import { AttuneError } from '@attune/core';
import { sql } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { requestExecutions } from '../src/index.ts';
import { flow, registerTestPack } from './play.ts';
import { installAction } from './support.ts';
import { counting } from './statements.ts';

test('a thousand executions are requested in three statements, five hundred in two, in the order given', async () => {
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
  expect(counted.statements()).toBe(3);
  const rows = await fresh.db.many<{ id: string }>(sql`
    select id from execution
    where status = 'scheduled' and run_after is not null and input_hash is not null and revision is not null
      and case when action_ref = 'test.a' then runtime = 'shell' and config ? 'n' and timeout_seconds is null
        else runtime = 'python' and config = '{}' and timeout_seconds = 7 end
    order by coalesce((config->>'n')::int, 0) = 0, (config->>'n')::int, id`);
  expect(rows).toHaveLength(1_000);
  expect(ids).toEqual([...rows.map(({ id }) => id)].sort((a, b) => Number(a) - Number(b)));
  await request(0, 500);
  expect(counted.statements()).toBe(5);
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
