import { parseJson, type Json, type JsonObject } from '@attune/core';
import { migrate, sql } from '@attune/db';
import { expect, test } from 'vitest';
import { emptyDatabase } from '../../../../testing/database.ts';
import { youngest } from '../../../db/test/legacy/checks.ts';
import { generateLegacy } from '../../../db/test/legacy/generate.ts';
import { testApi } from './support.test-support.ts';

const legacy = generateLegacy(61, 40);

test('every task of an upgraded database is served with every digit', async () => {
  const stored = new Map<string, { config: Json; result: Json }>();
  await using api = await testApi(async () => {
    const database = await emptyDatabase();
    await migrate(database.url, { to: '20260101000000' });
    await database.db.list(sql.raw(legacy.script));
    const rows = await database.db.many<{ id: string; config: string; result: string }>(sql`
      select id, coalesce(config::text, 'null') as config, coalesce(result::text, 'null') as result from execution`);
    for (const { id, config, result } of rows) stored.set(id, { config: parseJson(config), result: parseJson(result) });
    await migrate(database.url);
    return database;
  });

  const carried = youngest(legacy.tasks);
  for (const [id, values] of stored) {
    const { status, text } = await api.call('GET', `/api/v1/executions/${id}`, { token: api.admin });
    expect(status, text).toBe(200);
    const { data } = parseJson(text) as { data: JsonObject };
    expect(data['id']).toBe(id);
    expect(data).toMatchObject(values);
    const row = carried.get(id);
    if (row === undefined) {
      expect(data['workflow_task']).toBeNull();
      continue;
    }
    expect(data['workflow_task']).toMatchObject({
      workflow_execution: row.workflow_execution,
      task_name: row.task_name,
      task_index: row.task_index,
      duration_ms: row.duration_ms === null ? null : parseJson(row.duration_ms),
      next_retry_at: row.next_retry_at?.utc ?? null,
      started_at: row.started_at?.utc ?? null,
      completed_at: row.completed_at?.utc ?? null,
    });
  }
});
