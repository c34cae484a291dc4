import { sql } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../../testing/database.ts';
import { deliver, deliveryOf, hookOf, pushPayload } from '../../../../testing/github.ts';
import { connect, spawnServer, temporaryHome } from '../../../../testing/server.ts';
import { until } from '../../../../testing/until.ts';

const deliveries = 200;
const atOnce = 20;

/** Runs `work` for each item, `atOnce` at a time, and keeps the order. */
async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}

test('200 signed webhooks, 20 at once and each delivered twice: 200 events, the right executions, none lost or doubled', async () => {
  await using fresh = await freshDatabase();
  await using home = await temporaryHome();
  // no worker: what is counted is what the events lead to, not how fast 100 workflows run
  await using server = spawnServer({
    home: home.path,
    services: ['api', 'executor', 'worker'],
    env: { DATABASE_URL: fresh.url, ATTUNE_WORKER_SLOTS: '1' },
  });
  const hook = await hookOf(await connect(server, home.path), 'github.push');
  const matching = pushPayload();
  const other = { ...pushPayload(), ref: 'refs/heads/topic' };
  const all = Array.from({ length: deliveries }, (_, n) => deliveryOf(n % 2 === 0 ? matching : other));

  const first = await inLanes(all, (one) => deliver(hook, one));
  const second = await inLanes(all, (one) => deliver(hook, one));
  expect(second).toEqual(first);
  expect(new Set(first).size).toBe(deliveries);

  const { db } = fresh;
  await until('every event is matched and every match enacted', async () => {
    const { waiting } = await db.one<{ waiting: number }>(sql`
      select (select count(*) from event where matched_at is null)::int
        + (select count(*) from enforcement where status = 'created')::int as waiting`);
    return waiting === 0;
  });
  const pushes = await db.many<{ id: string; ref: string; enforcements: number; executions: number }>(sql`
    select v.id, v.payload->>'ref' as ref,
      (select count(*)::int from enforcement n where n.event = v.id) as enforcements,
      (select count(*)::int from execution e join enforcement n on n.id = e.enforcement
        where n.event = v.id and e.parent is null) as executions
    from event v where v.trigger_ref = 'github.push' order by v.id`);
  expect(pushes.map((push) => push.id).sort()).toEqual([...first].sort());
  for (const push of pushes) {
    const expected = push.ref === matching.ref ? 1 : 0;
    expect(push).toMatchObject({ enforcements: expected, executions: expected });
  }
});
