import { sql } from '@attune/db';
import { expect, test } from 'vitest';
import { attemptProcesses } from '../../../../testing/attempt-processes.ts';
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

  // the script, its child and the one that left the group, each with a sleep of its own
  await until('the task and its children run', async () => (await attemptProcesses(home.path)).length >= 3);

  const { db } = fresh;
  const run = await until('the workflow has ended', () =>
    db.maybe<{ status: string }>(sql`select status from execution where id = ${id} and completed_at is not null`),
  );
  expect(run.status).toBe('completed');
  const tasks = await db.many<{ task: string; status: string; timed_out: boolean; seconds: number }>(sql`
    select workflow_task->>'task_name' as task, status, (workflow_task->>'timed_out')::boolean as timed_out,
      extract(epoch from completed_at - started_at)::float8 as seconds
    from execution where parent = ${id} order by id`);
  expect(tasks).toMatchObject([
    { task: 'hang', status: 'timeout', timed_out: true },
    { task: 'late', status: 'completed', timed_out: false },
  ]);
  expect(await attemptProcesses(home.path)).toEqual([]);
  // a bound, not a speed: the limit, the grace, and what a busy machine needs to notice and report
  expect(tasks[0]?.seconds).toBeLessThan(limitSeconds + graceSeconds + 5);
});
