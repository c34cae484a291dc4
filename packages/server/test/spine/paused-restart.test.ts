import { openDatabase, sql, type Database } from '@attune/db';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect, spawnServer, temporaryHome, type Api, type ServerProcess } from '../../../../testing/server.ts';
import { until } from '../../../../testing/until.ts';

// Each task leaves a line in a file: what starts twice, or never, is seen there.
const files = {
  'pack.yaml': 'ref: pausing\nversion: 1.0.0\n',
  'actions/mark.yaml':
    'ref: pausing.mark\nentry_point: mark.sh\nparameter_format: dotenv\nparameters: { file: { type: string }, name: { type: string } }\n',
  'actions/mark.sh': 'eval "$(cat)"\necho "$name" >> "$file"\nsleep 0.3\n',
  'actions/flow.yaml':
    'ref: pausing.flow\nworkflow_file: workflows/flow.workflow.yaml\nparameters: { file: { type: string, required: true } }\n',
  'actions/workflows/flow.workflow.yaml': `version: 1.0.0
tasks:
  - name: items
    action: pausing.mark
    with_items: "{{ range(8) }}"
    concurrency: 2
    input: { file: "{{ parameters.file }}", name: "item-{{ item }}" }
    next: [ { do: [join] } ]
  - name: nested
    action: pausing.inner
    input: { file: "{{ parameters.file }}" }
    next: [ { do: [join] } ]
  - { name: join, join: all, action: pausing.mark, input: { file: "{{ parameters.file }}", name: join } }
`,
  'actions/inner.yaml':
    'ref: pausing.inner\nworkflow_file: workflows/inner.workflow.yaml\nparameters: { file: { type: string, required: true } }\n',
  'actions/workflows/inner.workflow.yaml': `version: 1.0.0
tasks:
${['one', 'two', 'three', 'four']
  .map(
    (name, index, names) =>
      `  - { name: ${name}, action: pausing.mark, input: { file: "{{ parameters.file }}", name: ${name} }, next: [ { do: [${names[index + 1] ?? 'noop'}] } ] }`,
  )
  .join('\n')}
`,
  'actions/naps.yaml': 'ref: pausing.naps\nworkflow_file: workflows/naps.workflow.yaml\n',
  'actions/workflows/naps.workflow.yaml': `version: 1.0.0
tasks:
  - { name: nap, action: core.sleep, input: { seconds: 2 }, next: [ { do: [after] } ] }
  - { name: after, action: core.noop }
`,
};

const marks = [...Array.from({ length: 8 }, (_, item) => `item-${item}`), 'one', 'two', 'three', 'four', 'join'];

interface Site {
  server: ServerProcess;
  api: Api;
  db: Database;
}

async function open(home: string): Promise<Site> {
  const server = spawnServer({ home, env: { ATTUNE_WORKER_NAME: 'only', ATTUNE_STOP_GRACE_SECONDS: '2' } });
  const api = await connect(server, home);
  const { database_url } = JSON.parse(await readFile(join(home, 'server.json'), 'utf8')) as { database_url: string };
  return { server, api, db: openDatabase(database_url, { onIdleError: () => undefined }) };
}

async function stop({ server, db }: Site): Promise<void> {
  await db.close();
  await server.stop();
}

/** SIGKILL for the server and its PostgreSQL, as if the machine had gone. */
async function crash({ server, db }: Site, home: string): Promise<void> {
  await db.close();
  await server.kill();
  const found = await readdir(join(home, 'postgres'), { recursive: true });
  const file = found.find((name) => name.endsWith('postmaster.pid'));
  if (file === undefined) return;
  process.kill(Number((await readFile(join(home, 'postgres', file), 'utf8')).split('\n')[0]), 'SIGKILL');
}

const register = (api: Api) =>
  api.post('/api/v1/packs/register', {
    files: Object.entries(files).map(([path, text]) => ({
      path,
      mode: 0o644,
      content_base64: Buffer.from(text).toString('base64'),
    })),
  });

const execute = async (api: Api, action_ref: string, parameters: object = {}): Promise<string> =>
  (await api.post<{ id: string }>('/api/v1/executions', { action_ref, parameters })).id;

const statusOf = async ({ db }: Site, id: string): Promise<string> =>
  (await db.one<{ status: string }>(sql`select status from execution where id = ${id}`)).status;

const ended = (site: Site, id: string) =>
  until(`execution ${id} has ended`, async () => {
    const status = await statusOf(site, id);
    return !['requested', 'scheduled', 'running'].includes(status) && status;
  });

const leased = async ({ db }: Site): Promise<number> =>
  (await db.one<{ count: number }>(sql`select count(*)::int as count from execution where lease_until is not null`))
    .count;

/** What has been started of the runs, and whether executor and worker work at all: another execution comes to its end. */
async function started(site: Site): Promise<string[]> {
  expect(await ended(site, await execute(site.api, 'core.noop'))).toBe('completed');
  const rows = await site.db.many<{ name: string }>(sql`
    select workflow_task->>'task_name' || '/' || coalesce(workflow_task->>'task_index', '') || '/' || (workflow_task->>'attempt') as name
    from execution where workflow_task is not null and started_at is not null order by id`);
  return rows.map((row) => row.name);
}

test('pause, restart of everything, crash of everything, resume: nothing is lost and nothing is done twice', async () => {
  await using home = await temporaryHome();
  await using scratch = await temporaryHome();
  const file = join(scratch.path, 'marks');
  const seen = async () => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

  let site = await open(home.path);
  await register(site.api);
  const id = await execute(site.api, 'pausing.flow', { file });
  await until('some tasks have run', async () => (await seen()).length >= 4);
  await site.api.post(`/api/v1/executions/${id}/pause`, { reason: 'restart of everything' });
  await until('what ran has ended', async () => (await leased(site)) === 0);
  const before = await started(site);
  const marked = await seen();
  expect(marked.length).toBeLessThan(marks.length);

  await stop(site);
  site = await open(home.path);
  expect(await started(site)).toEqual(before);
  await crash(site, home.path);
  site = await open(home.path);
  expect(await started(site)).toEqual(before);
  expect(await seen()).toEqual(marked);
  expect(await site.api.get(`/api/v1/executions/${id}`)).toMatchObject({
    status: 'running',
    paused: true,
    pause_reason: 'restart of everything',
  });

  await site.api.post(`/api/v1/executions/${id}/resume`);
  expect(await ended(site, id)).toBe('completed');
  expect((await seen()).sort()).toEqual([...marks].sort());
  expect(
    await site.db.many(sql`select id from execution where workflow_task is not null and status <> 'completed'`),
  ).toEqual([]);
  expect(await site.db.many(sql`select id from paused_end`)).toEqual([]);
  await stop(site);
}, 240_000);

test('what ran when everything crashed waits for the resume, and is then started again', async () => {
  await using home = await temporaryHome();
  let site = await open(home.path);
  await register(site.api);
  const id = await execute(site.api, 'pausing.naps');
  await until('the task runs', async () => (await leased(site)) === 1);
  await site.api.post(`/api/v1/executions/${id}/pause`);
  await crash(site, home.path);
  site = await open(home.path);
  await until('the lost attempt is given up', async () => (await leased(site)) === 0);
  expect(await started(site)).toEqual(['nap//1']);
  expect(await statusOf(site, id)).toBe('running');
  await site.api.post(`/api/v1/executions/${id}/resume`);
  expect(await ended(site, id)).toBe('completed');
  expect(await started(site)).toEqual(['nap//1', 'nap//2', 'after//1']);
  await stop(site);
}, 240_000);
