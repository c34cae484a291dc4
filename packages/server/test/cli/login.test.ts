import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { beforeAll, expect, test } from 'vitest';
import { openSite, startLimitMs, type Site } from './attune.test-support.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
  return () => site[Symbol.asyncDispose]();
}, startLimitMs);

const configPath = () => join(site.folder, '.config', 'attune', 'config.yaml');

interface Saved {
  profiles: Record<string, { auth_token?: string; refresh_token?: string }>;
}
const saved = async () => (parse(await readFile(configPath(), 'utf8')) as Saved).profiles['default'];

const logIn = () =>
  site.run(['auth', 'login', '--username', 'admin', '--password-stdin'], { stdin: `${site.password}\n` });

test('right after the start the command line of this machine is logged in', async () => {
  expect(await site.json(['auth', 'whoami'])).toMatchObject({ login: 'admin', permission_sets: ['core.admin'] });
});

test('a login is saved for nobody else to read, and used from then on', async () => {
  expect(await logIn()).toMatchObject({ exit: 0, stderr: '' });
  expect((await stat(configPath())).mode & 0o777).toBe(0o600);
  expect(await site.json(['auth', 'whoami'])).toMatchObject({ login: 'admin', credentials: "profile 'default'" });
});

test('an access token that is not accepted any more is renewed, by many commands at once only once', async () => {
  await logIn();
  const before = await saved();
  const text = await readFile(configPath(), 'utf8');
  await writeFile(configPath(), text.replace(before?.auth_token ?? '?', 'expired'));
  const answers = await Promise.all([1, 2, 3].map(() => site.run(['auth', 'whoami'])));
  expect(answers.map(({ exit, stderr }) => [exit, stderr])).toEqual(Array(3).fill([0, '']));
  const after = await saved();
  expect(after?.auth_token).toMatch(/^ey/);
  expect(after?.refresh_token).not.toBe(before?.refresh_token);
});

test('logout ends the session at the server, too', async () => {
  await logIn();
  const token = (await saved())?.auth_token ?? '';
  expect(await site.run(['auth', 'logout'])).toMatchObject({ exit: 0 });
  expect(await saved()).not.toHaveProperty('refresh_token');
  const refused = await site.run(['auth', 'whoami'], { env: { ATTUNE_API_TOKEN: token } });
  expect(refused.exit).toBe(3);
  expect(refused.stderr).toContain('attune auth login');
});

test('a wrong password is refused, and nothing is asked where nobody can answer', async () => {
  const args = ['auth', 'login', '--username', 'admin'];
  expect(await site.run([...args, '--password-stdin'], { stdin: 'wrong' })).toMatchObject({ exit: 3 });
  const silent = await site.run(args);
  expect([silent.exit, silent.stdout]).toEqual([2, '']);
  expect(silent.stderr).toContain('--password-stdin');
});

test('a server that does not run: the message says how to start it', async () => {
  const { exit, stderr } = await site.run(['pack', 'list'], { env: { ATTUNE_HOME: site.folder } });
  expect(exit).toBe(7);
  expect(stderr).toContain('npm start');
});
