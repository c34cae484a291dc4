import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../testing/database.ts';
import { enact, explainEvent, match, recordEvents } from '../src/index.ts';
import { flow, registerTestPack } from './play.ts';
import { counting } from './statements.ts';

const trigger = { 'triggers/t.yaml': 'ref: test.t\nlabel: T\n' };

const rule = (name: string, action: string, rest = ''): Record<string, string> => ({
  [`rules/${name}.yaml`]: `ref: test.${name}\nlabel: R\ntrigger_ref: test.t\naction_ref: ${action}\n${rest}`,
});

const numbered = 'action_params:\n  n: "{{ event.payload.n }}"\n';

async function installed(rules: Record<string, string>): Promise<TestDatabase> {
  const fresh = await freshDatabase();
  await registerTestPack(fresh.db, { ...trigger, ...rules });
  return fresh;
}

const post = (db: Database, count: number): Promise<unknown> =>
  db.transaction((tx) =>
    recordEvents(
      tx,
      Array.from({ length: count }, (_, n) => ({ trigger_ref: 'test.t', payload: { n } })),
    ),
  );

async function drain(db: Database, deed: (db: Database) => Promise<number>): Promise<number> {
  for (let total = 0; ;) {
    const done = await deed(db);
    if (done === 0) return total;
    total += done;
  }
}

interface Counts {
  events: number;
  matched: number;
  aside: number;
  enforcements: number;
  processed: number;
  executions: number;
}

const countsOf = (db: Database): Promise<Counts> =>
  db.one<Counts>(sql`
    select (select count(*) from event)::int as events,
      (select count(*) from event where matched_at is not null and rule_set is not null)::int as matched,
      (select count(*) from event where match_error is not null)::int as aside,
      (select count(*) from enforcement)::int as enforcements,
      (select count(*) from enforcement where status = 'processed' and resolved_at is not null)::int as processed,
      (select count(distinct enforcement) from execution where parent is null)::int as executions`);

test('five executors make of 1,000 events and two rules exactly one enforcement each, and one execution of each', async () => {
  await using fresh = await installed({ ...rule('one', 'test.do', numbered), ...rule('two', 'test.do') });
  await post(fresh.db, 1_000);
  const executors = Array.from({ length: 5 }, () => fresh.open({ max: 2 }));
  const taken = await Promise.all(executors.map((db) => drain(db, match)));
  expect(taken.reduce((sum, one) => sum + one, 0)).toBe(1_000);
  expect(await countsOf(fresh.db)).toEqual({
    ...{ events: 1_000, matched: 1_000, aside: 0, enforcements: 2_000, processed: 2_000, executions: 2_000 },
  });
  const wrong = await fresh.db.many(sql`
    select e.id from execution e join enforcement n on n.id = e.enforcement join event v on v.id = n.event
    where e.cause <> v.id or (n.rule_ref = 'test.one' and e.config->'n' <> v.payload->'n') or n.payload <> v.payload
      or e.status <> 'scheduled'`);
  expect(wrong).toEqual([]);
});

test('500 events take as many statements as one', async () => {
  await using fresh = await installed(rule('one', 'test.do', numbered));
  const statementsFor = async (events: number) => {
    await post(fresh.db, events);
    const counted = counting(fresh.db);
    expect(await match(counted.db)).toBe(events);
    return counted.statements();
  };
  // the events, the rules, the rule set, the actions, enforcements, executions, the marks; an action's row may be kept
  expect(await statementsFor(1)).toBe(7);
  expect(await statementsFor(500)).toBe(7);
});

test('an event that cannot be recorded what becomes of it harms only itself, wherever in a batch it stands', async () => {
  await using fresh = await installed(rule('one', 'test.do', numbered));
  await fresh.db.run(sql`alter table execution add check (config->>'n' not in ('0', '250', '499', '500'))`);
  await post(fresh.db, 600);
  expect(await drain(fresh.db, match)).toBe(600);
  expect(await countsOf(fresh.db)).toEqual({
    ...{ events: 600, matched: 596, aside: 4, enforcements: 596, processed: 596, executions: 596 },
  });
  const aside = await fresh.db.many<{ n: number; match_error: { kind: string; message: string } }>(sql`
    select (payload->>'n')::int as n, match_error from event where match_error is not null order by id`);
  expect(aside.map(({ n }) => n)).toEqual([0, 250, 499, 500]);
  expect(aside[0]?.match_error).toMatchObject({
    kind: 'internal',
    message: expect.stringContaining('check') as string,
  });
});

test('an event is not blamed for a database that goes away', async () => {
  await using fresh = await installed(rule('one', 'test.do'));
  await post(fresh.db, 1);
  const executor = fresh.open({ max: 1, applicationName: 'lost' });
  const severed: Database = {
    ...executor,
    transaction: (body) =>
      executor.transaction(async (tx) =>
        body({
          ...tx,
          async many(statement) {
            await fresh.db.run(
              sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'lost'`,
            );
            return tx.many(statement);
          },
        }),
      ),
  };
  await expect(match(severed)).rejects.toThrow();
  expect(await countsOf(fresh.db)).toMatchObject({ matched: 0, aside: 0, enforcements: 0 });
  expect(await match(fresh.db)).toBe(1);
  expect(await countsOf(fresh.db)).toMatchObject({ matched: 1, aside: 0, executions: 1 });
});

test('a rule that cannot be carried out fails its own enforcements and no others', async () => {
  await using fresh = await installed({
    'actions/strict.yaml': 'ref: test.strict\nentry_point: do.sh\nparameters:\n  n: {type: string}\n',
    ...rule('good', 'test.do'),
    ...rule('misfit', 'test.strict', numbered),
    ...rule('wrong', 'test.do', 'conditions:\n  expression: event.payload.n + "a"\n'),
  });
  await fresh.db.run(sql`update revision set definition = jsonb_set(definition, '{action_ref}', '"test.gone"')
    where hash = (select revision from rule where ref = 'test.good')`);
  await post(fresh.db, 2);
  expect(await match(fresh.db)).toBe(2);
  const rows = await fresh.db.many(sql`
    select rule_ref, status, error->>'kind' as kind, error->'details'->0->>'pointer' as pointer, error->>'stage' as stage
    from enforcement order by event, rule_ref limit 3`);
  expect(rows).toEqual([
    { rule_ref: 'test.good', status: 'failed', kind: 'unknown_ref', pointer: '/action_ref', stage: null },
    { rule_ref: 'test.misfit', status: 'failed', kind: 'invalid_input', pointer: '/parameters/n', stage: null },
    { rule_ref: 'test.wrong', status: 'failed', kind: 'type', pointer: null, stage: 'conditions' },
  ]);
  expect(await countsOf(fresh.db)).toMatchObject({ matched: 2, enforcements: 6, executions: 0 });
});

test('executions that begin at once are enacted afterwards, and one that cannot begin harms only itself', async () => {
  await using fresh = await installed({
    ...flow('version: 1.0.0\ntasks:\n  - name: a\n    action: test.do\n', 'parameters:\n  n: {type: integer}\n'),
    ...rule('one', 'test.flow', numbered),
  });
  await post(fresh.db, 40);
  expect(await drain(fresh.db, match)).toBe(40);
  expect(await countsOf(fresh.db)).toMatchObject({ matched: 40, enforcements: 40, processed: 0, executions: 0 });
  await fresh.db.run(sql`alter table execution add check (workflow_def is null or config->>'n' not in ('0', '17'))`);
  expect(await drain(fresh.db, enact)).toBe(40);
  expect(await countsOf(fresh.db)).toMatchObject({ enforcements: 40, processed: 38, executions: 38 });
  expect(
    await fresh.db.many(
      sql`select config->'n' as n, error->>'kind' as kind from enforcement where status = 'failed' order by id`,
    ),
  ).toEqual([
    { n: 0, kind: 'internal' },
    { n: 17, kind: 'internal' },
  ]);
});

test('what was decided is what an explanation recomputes', async () => {
  await using fresh = await installed({
    ...rule('even', 'test.do', 'conditions:\n  expression: event.payload.n % 2 == 0\n'),
    ...rule('every', 'test.do'),
  });
  await post(fresh.db, 4);
  await match(fresh.db);
  for (const { id, n } of await fresh.db.many<{ id: string; n: number }>(sql`
    select id, (payload->>'n')::int as n from event`)) {
    const { rules = [] } = (await explainEvent(fresh.db, id)) ?? {};
    expect(
      rules.map(({ rule_ref, matches, enforcement }) => [rule_ref, matches, enforcement?.executions.length]),
    ).toEqual([
      ['test.even', n % 2 === 0, n % 2 === 0 ? 1 : undefined],
      ['test.every', true, 1],
    ]);
  }
});

test('events with large payloads come in smaller batches', async () => {
  await using fresh = await installed(rule('one', 'test.do'));
  await fresh.db.transaction((tx) =>
    recordEvents(
      tx,
      // random digits: what compresses well takes no room
      Array.from({ length: 4 }, () => ({
        trigger_ref: 'test.t',
        payload: { text: Array.from({ length: 300_000 }, () => Math.random().toString(36).slice(2, 12)).join('') },
      })),
    ),
  );
  expect(await match(fresh.db)).toBe(2);
  expect(await match(fresh.db)).toBe(2);
});
