import type { Json } from '@attune/core';
import { sql } from '@attune/db';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchLimit } from '../../src/api/edge/limits.ts';
import { dataOf, errorOf, testApi, type Answer, type TestApi } from './support.test-support.ts';
import { registerTestPack } from './test-pack.test-support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await registerTestPack(api);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const kinds = {
  events: {
    good: (n: number): Json => ({ trigger_ref: 'demo.plain', payload: { n } }),
    count: () => api.db.one<{ count: number }>(sql`select count(*)::int as count from event`),
  },
  executions: {
    good: (n: number): Json => ({ action_ref: 'demo.greet', parameters: { name: `n${n}` } }),
    count: () => api.db.one<{ count: number }>(sql`select count(*)::int as count from execution`),
  },
} as const;

type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];

const send = (kind: Kind, entries: Json[], key?: string): Promise<Answer> =>
  api.call('POST', `/api/v1/${kind}/batch`, {
    token: api.admin,
    body: { [kind]: entries },
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });

const many = (kind: Kind, count: number): Json[] => Array.from({ length: count }, (_, n) => kinds[kind].good(n));

test.each(names)('a batch of %s is stored in its order, up to its limit', async (kind) => {
  const before = (await kinds[kind].count()).count;
  for (const count of [1, batchLimit.entries - 1, batchLimit.entries]) {
    const answer = await send(kind, many(kind, count));
    expect([answer.status, (dataOf(answer)['ids'] as string[]).length]).toEqual([201, count]);
  }
  const beyond = await send(kind, many(kind, batchLimit.entries + 1));
  expect([beyond.status, errorOf(beyond).code]).toEqual([413, 'too_many']);
  expect(errorOf(beyond).message).toContain(String(batchLimit.entries));
  const none = await send(kind, []);
  expect([none.status, errorOf(none).code, errorOf(none).details[0]?.['pointer']]).toEqual([
    ...[422, 'invalid_input', `/${kind}`],
  ]);
  expect((await kinds[kind].count()).count).toBe(before + 2 * batchLimit.entries);
  const [last] = await api.db.many<{ n: string }>(
    kind === 'events'
      ? sql`select payload->>'n' as n from event order by id desc limit 1`
      : sql`select substr(config->>'name', 2) as n from execution order by id desc limit 1`,
  );
  expect(last?.n).toBe(String(batchLimit.entries - 1));
  expect(api.rung).toContain(kind === 'events' ? 'event' : 'execution');
});

test('one wrong entry and nothing is stored; each wrong one is named', async () => {
  const before = [await kinds.events.count(), await kinds.executions.count()];
  const events = await send('events', [
    kinds.events.good(0),
    { trigger_ref: 'demo.none' },
    kinds.events.good(1),
    { trigger_ref: 'no.such' },
  ]);
  expect([events.status, errorOf(events).code]).toEqual([422, 'unknown_ref']);
  expect(errorOf(events).message).toContain('2 of 4');
  expect(errorOf(events).details.map(({ pointer }) => pointer)).toEqual([
    '/events/1/trigger_ref',
    '/events/3/trigger_ref',
  ]);
  const executions = await send('executions', [
    { action_ref: 'demo.greet', parameters: { times: 0 } },
    kinds.executions.good(0),
    { action_ref: 'demo.none' },
  ]);
  expect([executions.status, errorOf(executions).code]).toEqual([422, 'invalid_input']);
  expect(errorOf(executions).details.map(({ pointer }) => pointer)).toEqual([
    ...['/executions/0/parameters/name', '/executions/0/parameters/times', '/executions/2/action_ref'],
  ]);
  const form = await send('events', [kinds.events.good(0), { trigger: 'demo.plain' }, 5]);
  expect(errorOf(form).details.map(({ pointer }) => pointer)).toEqual([
    ...['/events/1/trigger_ref', '/events/1/trigger', '/events/2'],
  ]);
  expect([await kinds.events.count(), await kinds.executions.count()]).toEqual(before);
});

test.each(names)('a key counts for the whole batch of %s', async (kind) => {
  const before = (await kinds[kind].count()).count;
  const atOnce = await Promise.all(Array.from({ length: 4 }, () => send(kind, many(kind, 30), `whole ${kind}`)));
  const again = await send(kind, many(kind, 30), `whole ${kind}`);
  expect([...atOnce, again].map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201]);
  for (const answer of atOnce) expect(dataOf(answer)).toEqual(dataOf(again));
  expect((await kinds[kind].count()).count).toBe(before + 30);
  const other = await send(kind, many(kind, 31), `whole ${kind}`);
  expect([other.status, errorOf(other).code]).toEqual([409, 'idempotency_conflict']);
  // of one that was refused the key is free again
  expect((await send(kind, [5], `free ${kind}`)).status).toBe(422);
  const [wrong] = kind === 'events' ? [{ trigger_ref: 'no.such' }] : [{ action_ref: 'no.such' }];
  expect((await send(kind, [wrong as Json], `free ${kind}`)).status).toBe(422);
  expect((await send(kind, many(kind, 2), `free ${kind}`)).status).toBe(201);
});
