import { randomUUID } from 'node:crypto';
import { services, sql, type ServiceName } from '@attune/db';
import { expect, test } from 'vitest';
import { dataOf, errorOf, testApi } from './support.test-support.ts';

test('health is 200 only while work can be done, and else names what is missing', async () => {
  await using api = await testApi();
  const health = () => api.call('GET', '/health');
  const start = async (service: ServiceName) => {
    const instance = randomUUID();
    await services.beat(api.db, {
      instance,
      service,
      name: 'x',
      host: 'x',
      pid: 1,
      version: '0',
      url: null,
      trouble: null,
    });
    return instance;
  };
  const missing = async () => {
    const answer = await health();
    expect([answer.status, errorOf(answer).code]).toEqual([503, 'unavailable']);
    return errorOf(answer).details.map(({ message }) => message as string);
  };

  expect(await missing()).toEqual([expect.stringContaining('No executor'), expect.stringContaining('No worker')]);
  await start('executor');
  expect(await missing()).toEqual([expect.stringContaining('No worker')]);
  const worker = await start('worker');
  const well = await health();
  expect(well.status).toBe(200);
  expect(dataOf(well)).toMatchObject({ status: 'ok', services: { executor: 1, worker: 1 } });

  await api.db.run(sql`update service set heartbeat_at = now() - interval '21 seconds' where instance = ${worker}`);
  expect(await missing()).toEqual([expect.stringContaining('No worker')]);
  expect((await api.call('GET', '/health/live')).status).toBe(200);
});

test('health says that the schema is not current, and that the database does not answer', async () => {
  await using api = await testApi();
  await api.db.run(
    sql`delete from attune_migrations.migration where name = (select max(name) from attune_migrations.migration)`,
  );
  expect(errorOf(await api.call('GET', '/health')).message).toContain("run 'attune db migrate'");
  await api.db.run(sql`drop table service`);
  const answer = await api.call('GET', '/health');
  expect([answer.status, errorOf(answer).details]).toEqual([503, [{ message: 'The database does not answer' }]]);
});
