import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive } from '../is-alive.ts';
import { until } from '../until.ts';

const root = join(import.meta.dirname, '..', '..');
const bundles = () => readdirSync(join(root, 'node_modules')).filter((name) => name.startsWith('.attune-faults-'));

/** Files of that name, at any depth. */
function foundIn(folder: string, name: string): string[] {
  try {
    const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return all.filter((file) => basename(file) === name).map((file) => join(folder, file));
  } catch {
    return []; // some of it went away meanwhile
  }
}

/** A file that is being written has no number yet. */
const pidIn = (file: string, pattern: RegExp): number | undefined => {
  const text = pattern.exec(readFileSync(file, 'utf8'))?.[1];
  return text === undefined ? undefined : Number(text);
};

test('a second Ctrl-C ends a run at once and leaves nothing of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'attune-interrupt-'));
  await chmod(folder, 0o755); // PostgreSQL, which root may not run, has a user of its own
  const before = bundles();
  const command = ['scripts/faults.mjs', '--seeds', '1', '--seconds', '600', '--log', join(folder, 'log')];
  const run = spawn(process.execPath, command, {
    ...{ cwd: root, env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'inherit'] },
    detached: true, // a group of its own, as a terminal gives to a command
  });
  try {
    let said = '';
    run.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise((resolve) => run.once('close', resolve));
    const ctrlC = () => process.kill(-Number(run.pid), 'SIGINT');

    const api = await until(
      'the API says who it is',
      () => foundIn(folder, 'server.json').map((file) => pidIn(file, /"pid":\s*(\d+)/))[0],
    );
    const postgres = await until(
      'PostgreSQL says who it is',
      () => foundIn(folder, 'postmaster.pid').map((file) => pidIn(file, /^(\d+)/))[0],
    );
    expect([api, postgres].filter(isAlive)).toEqual([api, postgres]);

    ctrlC();
    await until('it has understood', () => said.includes('Once more ends at once'));
    expect([api, postgres].filter(isAlive)).toEqual([api, postgres]);
    ctrlC();
    expect(await ended).toBe(130);
    await until('the processes under test have ended', () => [api, postgres].filter(isAlive).length === 0);
    await until('its folders are gone', () => readdirSync(folder).join() === 'log');
    expect(bundles().filter((name) => !before.includes(name))).toEqual([]);
  } finally {
    run.kill('SIGKILL'); // where it still runs: its drivers end with it, and take their processes along
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}, 120_000);
