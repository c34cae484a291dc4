import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { testTerminal, type TestTerminal } from '../terminal.test-support.ts';
import { configPath, writeConfigFile, type Profile } from './config-file.ts';
import { findTarget } from './target.ts';

const here = 'http://127.0.0.1:4001';
const there = 'https://attune.example.com';

async function runLocally(terminal: TestTerminal): Promise<void> {
  await writeFile(join(terminal.folder, 'server.json'), JSON.stringify({ pid: 1, url: here }));
  await writeFile(join(terminal.folder, 'cli-token.json'), JSON.stringify({ token: 'local' }));
}

async function save(terminal: TestTerminal, profile: string, profiles: Record<string, Profile>): Promise<void> {
  await mkdir(dirname(configPath(terminal)), { recursive: true });
  await writeConfigFile(configPath(terminal), { profile, profiles });
}

test('right after the start, the local server and its token', async () => {
  await using terminal = await testTerminal();
  await runLocally(terminal);
  expect(await findTarget(terminal, {})).toMatchObject({ url: here, credentials: { kind: 'token', token: 'local' } });
});

test('nothing runs: the message says how to start', async () => {
  await using terminal = await testTerminal();
  await expect(findTarget(terminal, {})).rejects.toThrow("Start it with 'npm start'");
});

test('an address that is given wins over everything, and a token never goes to another server', async () => {
  await using terminal = await testTerminal({ env: { ATTUNE_API_URL: there } });
  await runLocally(terminal);
  await save(terminal, 'default', { default: { api_url: here, auth_token: 'saved' } });
  expect(await findTarget(terminal, {})).toMatchObject({ url: there, credentials: { kind: 'none' } });
  expect(await findTarget(terminal, { apiUrl: `${here}/` })).toMatchObject({
    url: here,
    credentials: { kind: 'profile', profile: { auth_token: 'saved' } },
  });
});

test('ATTUNE_API_TOKEN wins over a profile and the token file', async () => {
  await using terminal = await testTerminal({ env: { ATTUNE_API_TOKEN: 'given' } });
  await runLocally(terminal);
  await save(terminal, 'default', { default: { api_url: here, auth_token: 'saved' } });
  expect(await findTarget(terminal, {})).toMatchObject({ url: here, credentials: { token: 'given' } });
});

test('a login at the local server wins over its token file; a login elsewhere does not hide the server of ATTUNE_HOME', async () => {
  await using terminal = await testTerminal();
  await runLocally(terminal);
  await save(terminal, 'default', { default: { api_url: here, auth_token: 'saved' } });
  expect(await findTarget(terminal, {})).toMatchObject({ credentials: { kind: 'profile', name: 'default' } });
  await save(terminal, 'default', { default: { api_url: there, auth_token: 'saved' } });
  expect(await findTarget(terminal, {})).toMatchObject({ url: here, credentials: { token: 'local' } });
});

test('a profile that is named wins over the local server', async () => {
  await using terminal = await testTerminal();
  await runLocally(terminal);
  await save(terminal, 'default', { work: { api_url: there, auth_token: 'w' } });
  expect(await findTarget(terminal, { profile: 'work' })).toMatchObject({
    url: there,
    credentials: { kind: 'profile', name: 'work' },
  });
  await expect(findTarget(terminal, { profile: 'play' })).rejects.toThrow("There is no profile 'play'; known are work");
});

test('an address that is none is refused, saying where it came from', async () => {
  await using terminal = await testTerminal({ env: { ATTUNE_API_URL: 'localhost:8080' } });
  await expect(findTarget(terminal, {})).rejects.toThrow("ATTUNE_API_URL gives 'localhost:8080'");
});

test('a configuration file that cannot be understood is named', async () => {
  await using terminal = await testTerminal();
  await mkdir(dirname(configPath(terminal)), { recursive: true });
  await writeFile(configPath(terminal), 'profiles: [1]');
  await expect(findTarget(terminal, {})).rejects.toThrow('config.yaml');
});
