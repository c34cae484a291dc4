import { sql } from '@attune/db';
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../../testing/database.ts';
import { connect, spawnServer, temporaryHome } from '../../../../testing/server.ts';
import { until } from '../../../../testing/until.ts';

const limitSeconds = 2;
const graceSeconds = 1;

const files = {
  'pack.yaml': 'ref: stubborn\nversion: 1.0.0\n',
  'actions/hang.yaml': 'ref: stubborn.hang\nentry_point: hang.sh\n',
  // it ignores SIGTERM, has a child that does too, and one that left its process group
  'actions/hang.sh': `trap '' TERM
sh -c "trap '' TERM; while :; do sleep 1; done" &
setsid sh -c "trap '' TERM; while :; do sleep 1; done" &
echo started
while :; do sleep 1; done
`,
  'actions/flow.yaml': 'ref: stubborn.flow\nworkflow_file: workflows/flow.workflow.yaml\n',
  'actions/workflows/flow.workflow.yaml': `version: 1.0.0
tasks:
  - name: hang
    action: stubborn.hang
    timeout: ${limitSeconds}
    next:
      - { when: timed_out(), do: [late] }
      - { when: succeeded() or failed(), do: [other] }
  - { name: late, action: core.echo, input: { message: too late } }
  - { name: other, action: core.noop }
`,
};

test('a task that ignores SIGTERM and has spawned children is gone with them, and timed_out() sees it', async () => {
  await using fresh = await freshDatabase();
  await using home = await temporaryHome();
  await using server = spawnServer({
    home: home.path,
    env: { DATABASE_URL: fresh.url, ATTUNE_STOP_GRACE_SECONDS: String(graceSeconds) },
  });
  const api = await connect(server, home.path);
  await api.post('/api/v1/packs/register', {
    files: Object.entries(files).map(([path, text]) => ({
      path,
      mode: 0o644,
      content_base64: Buffer.from(text).toString('base64'),
    })),
  });
  const { id } = await api.post<{ id: string }>('/api/v1/executions', { action_ref: 'stubborn.flow', parameters: {} });

  const { db } = fresh;
  const run = await until('the workflow has ended', () =>
    db.maybe<{ status: string }>(sql`select status from execution where id = ${id} and completed_at is not null`),
  );
  expect(run.status).toBe('completed');
  const tasks = await db.many<{ task: string; status: string; timed_out: boolean; seconds: number; token: string }>(sql`
    select workflow_task->>'task_name' as task, status, (workflow_task->>'timed_out')::boolean as timed_out,
      extract(epoch from completed_at - started_at)::float8 as seconds, lease_token as token
    from execution where parent = ${id} order by id`);
  expect(tasks).toMatchObject([
    { task: 'hang', status: 'timeout', timed_out: true },
    { task: 'late', status: 'completed', timed_out: false },
  ]);
  expect(await processesWith(tasks[0]?.token ?? '')).toEqual([]);
  // a bound, not a speed: the limit, the grace, and what a busy machine needs to notice and report
  expect(tasks[0]?.seconds).toBeLessThan(limitSeconds + graceSeconds + 5);
});

/** Processes on this machine that carry the token of an attempt in their environment. */
async function processesWith(token: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => environments[index]?.includes(`ATTUNE_ATTEMPT_TOKEN=${token}`));
}
