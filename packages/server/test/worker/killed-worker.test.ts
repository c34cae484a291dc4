import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../../testing/database.ts';
import { connect, spawnServer, temporaryHome, type Api } from '../../../../testing/server.ts';
import { until } from '../../../../testing/until.ts';
import { interpreters } from './bench.ts';

const files = {
  'pack.yaml': 'ref: left\nversion: 1.0.0\n',
  'actions/hang.yaml': 'ref: left.hang\nrunner_type: python\nentry_point: hang.py\n',
  'actions/hang.py': 'import time\nprint("started", flush=True)\ntime.sleep(600)\n',
  'actions/node_hang.yaml': 'ref: left.node_hang\nrunner_type: nodejs\nentry_point: hang.cjs\n',
  'actions/hang.cjs': 'console.log("started"); setTimeout(() => 0, 600_000);\n',
  'actions/short.yaml': 'ref: left.short\nrunner_type: python\nentry_point: short.py\n',
  'actions/short.py': 'print(1)\n',
  'actions/stick.yaml': 'ref: left.stick\nrunner_type: python\nrunner: warm\nentry_point: stick.py\n',
  'actions/stick.py':
    'def run(parameters, context):\n    print("started")\n    while parameters.get("stick"):\n        pass\n',
  'actions/node_warm.yaml': 'ref: left.node_warm\nrunner_type: nodejs\nrunner: warm\nentry_point: warm.cjs\n',
  'actions/warm.cjs': 'exports.run = async () => 1;\n',
};

/** The living processes that workers of this data folder have started, and how often each says that it is an attempt. */
function started(home: string): { all: number[]; attempts: number[] } {
  const all: number[] = [];
  const attempts: number[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let environment = '';
    try {
      environment = `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`;
    } catch {
      continue; // it has ended, or is somebody else's
    }
    if (!environment.includes(`\0HOME=${home}/`)) continue;
    all.push(Number(pid));
    if (environment.includes('\0ATTUNE_EXEC_ID=')) attempts.push(Number(pid));
  }
  return { all, attempts };
}

const canLook = process.platform === 'linux' && interpreters.python !== undefined;
if (!canLook)
  console.log('What a killed worker leaves is looked for on Linux only, where there is a Python: not tested here');

test.runIf(canLook)(
  'of a worker that was killed nothing runs on: what it kept ends by itself, the rest by its next life',
  async () => {
    await using fresh = await freshDatabase();
    await using home = await temporaryHome();
    const start = () =>
      spawnServer({ home: home.path, env: { DATABASE_URL: fresh.url, ATTUNE_WORKER_NAME: 'steady' } });
    await using first = start();
    const api = await connect(first, home.path);
    await api.post('/api/v1/packs/register', {
      files: Object.entries(files).map(([path, text]) => ({
        path,
        mode: 0o644,
        content_base64: Buffer.from(text).toString('base64'),
      })),
    });

    await ended(api, 'left.short');
    for (const ref of ['left.node_warm', 'left.stick']) await ended(api, ref); // they go on to wait
    await request(api, 'left.stick', { stick: true });
    for (const ref of ['left.hang', 'left.node_hang']) await request(api, ref);
    // the forker, two warm processes of which one is stuck, the two attempts, two Node processes that wait
    await until(
      'all of it runs',
      () => started(home.path).all.length === 7 && started(home.path).attempts.length === 2,
    );

    await first.kill();
    await until('what waited or was stuck is gone', () => started(home.path).all.length === 2);
    expect(started(home.path).attempts).toHaveLength(2);

    await using second = start();
    await connect(second, home.path);
    expect(started(home.path).attempts).toEqual([]);
  },
);

async function request(api: Api, action_ref: string, parameters = {}): Promise<string> {
  return (await api.post<{ id: string }>('/api/v1/executions', { action_ref, parameters })).id;
}

async function ended(api: Api, action_ref: string): Promise<void> {
  const id = await request(api, action_ref);
  await until(`${action_ref} has ended`, async () => {
    const { status } = await api.get<{ status: string }>(`/api/v1/executions/${id}`);
    return status === 'completed';
  });
}
