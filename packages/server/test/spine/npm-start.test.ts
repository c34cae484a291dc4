import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../../testing/database.ts';
import { temporaryHome } from '../../../../testing/server.ts';
import { until } from '../../../../testing/until.ts';
import { signalProcess, startOf } from '../../src/worker/processes.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');

test('what ends `npm start` ends the server: a supervisor signals npm, not what npm started', async () => {
  await using fresh = await freshDatabase();
  await using home = await temporaryHome();
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, ATTUNE_HOME: home.path, ATTUNE_PORT: '0', DATABASE_URL: fresh.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [npm.stdout, npm.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (output += part));
  const ended = new Promise<void>((resolve) => npm.once('close', () => resolve()));
  const { pid, url } = await until(`the server tells its address`, async () => {
    const file = await readFile(join(home.path, 'server.json'), 'utf8').catch(() => undefined);
    return file === undefined ? undefined : (JSON.parse(file) as { pid: number; url: string });
  }).catch((error: unknown) => {
    npm.kill('SIGTERM');
    throw new Error(`${String(error)}\n${output}`);
  });
  try {
    await until('it can work', () => fetch(`${url}/health`).then(({ status }) => status === 200));
    npm.kill('SIGTERM');
    await until('the server is gone', () => startOf(pid) === undefined);
    await ended;
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  } finally {
    signalProcess(pid, 'SIGKILL');
  }
});
