import type { AttuneError } from '@attune/core';
import { sql, type Database, type Tx } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../testing/database.ts';
import { until } from '../../../../testing/until.ts';
import { eventIngress, type EventIngress, type SentEvent } from '../../src/api/event-ingress.ts';
import { errorOf } from '../../src/api/edge/errors.ts';
import { waitingLimit } from '../../src/api/edge/limits.ts';
import { Gathering } from '../../src/api/gathering.ts';
import type { Created } from '../../src/api/idempotency.ts';

async function withTrigger(): Promise<TestDatabase> {
  const fresh = await freshDatabase();
  await fresh.db.run(sql`insert into trigger (ref, label) values ('test.t', 'T')`);
  return fresh;
}

const sent = (n: number, key?: string, trigger_ref = 'test.t'): SentEvent => ({
  once: { scope: 'test', key, entity_type: 'event', request_hash: () => String(n) },
  event: { trigger_ref, payload: { n } },
  size: 10,
});

/** A database that counts its transactions. */
function countingCommits(db: Database): { db: Database; commits: () => number } {
  let commits = 0;
  return { db: { ...db, transaction: (body) => ((commits += 1), db.transaction(body)) }, commits: () => commits };
}

const ask = (ingress: EventIngress, all: readonly SentEvent[]) =>
  Promise.allSettled(all.map((one) => ingress.ask(one)));

const stored = async (db: Database): Promise<number[]> =>
  (await db.many<{ n: number }>(sql`select (payload->>'n')::int as n from event order by 1`)).map(({ n }) => n);

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

test('500 that come at once are stored in a few commits, one that comes alone in its own', async () => {
  await using fresh = await withTrigger();
  const counted = countingCommits(fresh.db);
  const ingress = eventIngress(counted.db);
  const answers = await ask(
    ingress,
    numbers(500).map((n) => sent(n)),
  );
  expect(answers.every(({ status }) => status === 'fulfilled')).toBe(true);
  expect(counted.commits()).toBeLessThanOrEqual(4);
  expect(await stored(fresh.db)).toEqual(numbers(500));
  const before = counted.commits();
  await ingress.ask(sent(500));
  expect(counted.commits()).toBe(before + 1);
});

test('an event with a key takes three statements between begin and commit where its trigger is looked up, and two where it is known', async () => {
  await using fresh = await withTrigger();
  let statements = 0;
  const counted = (tx: Tx): Tx => ({
    ...tx,
    many: (statement) => ((statements += 1), tx.many(statement)),
    run: (statement) => ((statements += 1), tx.run(statement)),
  });
  const ingress = eventIngress({
    ...fresh.db,
    transaction: (body) => fresh.db.transaction((tx) => body(counted(tx))),
  });
  const { id: trigger } = await fresh.db.one<{ id: string }>(sql`select id from trigger`);
  await ingress.ask(sent(0, 'a'));
  expect(statements).toBe(3);
  const known = sent(1, 'b');
  await ingress.ask({ ...known, event: { ...known.event, trigger } });
  expect(statements).toBe(5);
  expect(await stored(fresh.db)).toEqual([0, 1]);
});

test('of 50 at once one that the database refuses and one of an unknown trigger fail alone, and nothing of them is kept', async () => {
  await using fresh = await withTrigger();
  await fresh.db.run(sql`alter table event add check (payload->>'n' <> '23')`);
  const answers = await ask(
    eventIngress(fresh.db),
    numbers(50).map((n) => sent(n, `key ${n}`, n === 31 ? 'no.such' : 'test.t')),
  );
  const failed = answers.flatMap((answer, n) =>
    answer.status === 'rejected' ? [{ n, code: (answer.reason as AttuneError).code }] : [],
  );
  expect(failed).toEqual([
    { n: 23, code: '23514' },
    { n: 31, code: 'unknown_ref' },
  ]);
  const others = numbers(50).filter((n) => n !== 23 && n !== 31);
  expect(await stored(fresh.db)).toEqual(others);
  const keys = await fresh.db.many<{ key: string }>(sql`
    select i.key from idempotency i join event v on v.id = i.entity and i.key = 'key ' || (v.payload->>'n')`);
  expect(keys).toHaveLength(others.length);
  const { count } = await fresh.db.one<{ count: number }>(sql`select count(*)::int as count from idempotency`);
  expect(count).toBe(others.length);
});

test('a key that comes many times, in one process and in several, makes one event', async () => {
  await using fresh = await withTrigger();
  const processes = numbers(3).map(() => eventIngress(fresh.open()));
  const all = numbers(60).map((n) => sent(n % 20, `key ${n % 20}`));
  const answers = await Promise.all(processes.map((ingress) => Promise.all(all.map((one) => ingress.ask(one)))));
  expect(await stored(fresh.db)).toEqual(numbers(20));
  for (const key of numbers(20)) {
    const same = answers.flat().filter((_, index) => index % 20 === key);
    expect(new Set(same.map(({ id }) => id)).size).toBe(1);
    expect(same.filter(({ repeated }) => !repeated)).toHaveLength(1);
  }
  const [first] = processes;
  await expect(first?.ask(sent(99, 'key 3'))).rejects.toMatchObject({ code: 'idempotency_conflict' });
  expect(await stored(fresh.db)).toEqual(numbers(20));
});

test('one that comes with a key that is under way, with another body, waits for it and is a conflict', async () => {
  await using fresh = await withTrigger();
  const answers = await ask(eventIngress(fresh.db), [sent(0), sent(1), sent(2, 'k'), sent(3, 'k'), sent(2, 'k')]);
  expect(
    answers.map((answer) =>
      answer.status === 'fulfilled' ? answer.value.repeated : (answer.reason as AttuneError).code,
    ),
  ).toEqual([false, false, false, 'idempotency_conflict', true]);
});

test('connections that are lost meanwhile: what was answered is stored once, what was not can be sent again', async () => {
  await using fresh = await withTrigger();
  const db = fresh.open({ applicationName: 'ingress', onIdleError: () => undefined });
  const ingress = eventIngress(db);
  const all = numbers(400).map((n) => sent(n, `key ${n}`));
  const asked: Promise<PromiseSettledResult<Created>[]>[] = [];
  for (let from = 0; from < all.length; from += 80) {
    asked.push(ask(ingress, all.slice(from, from + 80)));
    await fresh.db.run(sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ingress'`);
  }
  const settled = (await Promise.all(asked)).flat();
  for (const answer of settled) {
    if (answer.status === 'rejected') expect(errorOf(answer.reason, 0).code).toBe('unavailable');
  }
  const first = settled.map((answer) => (answer.status === 'fulfilled' ? answer.value.id : undefined));
  const again = await Promise.all(all.map((one) => ingress.ask(one)));
  expect(await stored(fresh.db)).toEqual(numbers(400));
  for (const [n, id] of first.entries()) if (id !== undefined) expect(again[n]).toEqual({ id, repeated: true });
});

test('what waits is bounded, in number and in bytes, and what is beyond is told to come again', async () => {
  for (const { size, most } of [
    { size: 1, most: waitingLimit.requests },
    { size: waitingLimit.bytes / 4, most: 4 },
  ]) {
    let open = (): void => undefined;
    let started = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const underWay = new Promise<void>((resolve) => (started = resolve));
    const gathering = new Gathering<number, number>({
      sizeOf: () => size,
      answer(questions) {
        started();
        return opened.then(() => questions);
      },
    });
    const first = gathering.ask(-1);
    await underWay;
    const waiting = numbers(most).map((n) => gathering.ask(n));
    await expect(gathering.ask(-2)).rejects.toMatchObject({ code: 'overloaded', status: 503 });
    open();
    expect(await Promise.all([first, ...waiting])).toEqual([-1, ...numbers(most)]);
    expect(await gathering.ask(-3)).toBe(-3);
  }
});

test('a group that is held up lets others pass', async () => {
  await using fresh = await withTrigger();
  const ingress = eventIngress(fresh.db);
  const held = await fresh.open({ max: 1 }).transaction(async (tx) => {
    await tx.run(sql`
      insert into idempotency (scope, key, request_hash, entity_type, entity) values ('test', 'held', '0', 'event', 7)`);
    const waiting = ingress.ask(sent(0, 'held'));
    await until('the first one waits for its key', async () => {
      const { count } = await fresh.db.one<{ count: number }>(sql`
        select count(*)::int as count from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`);
      return count === 1;
    });
    expect(
      (await Promise.all(numbers(20).map((n) => ingress.ask(sent(n + 1))))).map(({ repeated }) => repeated),
    ).not.toContain(true);
    return { waiting };
  });
  expect(await held.waiting).toEqual({ id: '7', repeated: true });
  expect(await stored(fresh.db)).toEqual(numbers(20).map((n) => n + 1));
});
