import { AttuneError } from '@attune/core';
import { build } from 'esbuild';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, chown, cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { postgresPackage } from '../../../testing/postgres-version.ts';
import { findBinaries } from '../src/embedded/binaries.ts';
import { markOf, startEmbedded, type Embedded, type EmbeddedOptions } from '../src/embedded/index.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

const packageFolder = await postgresPackage();
const versioned = packageFolder === undefined ? {} : { packageFolder };
const { major } = await findBinaries(packageFolder);

// a process cannot run TypeScript by itself: the other users of a server run from a bundle
const bundle = path.join(import.meta.dirname, '../.cache/embedded-user.mjs');
beforeAll(async () => {
  await build({
    entryPoints: [path.join(import.meta.dirname, 'embedded-user.test-support.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['attune-source'],
    plugins: [
      {
        name: 'only our own sources',
        setup(bundler) {
          bundler.onResolve({ filter: /^[^./]/ }, ({ path: name }) =>
            name.startsWith('@attune/') ? undefined : { external: true },
          );
        },
      },
    ],
  });
});

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function makeHome(): Promise<string> {
  const home = await mkdtemp(path.join(tmpdir(), 'attune-embedded-'));
  cleanups.push(() => rm(home, { recursive: true, force: true }));
  return home;
}

/** Starts in this process; stopped after the test whatever happens. */
async function start(home: string, options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const embedded = await startEmbedded({ home, ...versioned, ...options });
  cleanups.push(() => embedded.stop());
  return embedded;
}

interface Elsewhere {
  process: ChildProcess;
  pid: number;
  port: number;
  url: string;
  release(): Promise<void>;
}

/** Starts in a process of its own. */
async function startElsewhere(
  home: string,
  options: { uid?: number; packageFolder?: string } = {},
): Promise<Elsewhere> {
  const folder = options.packageFolder ?? packageFolder;
  const child = spawn(process.execPath, [bundle, home, ...(folder === undefined ? [] : [folder])], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  const gone = once(child, 'exit');
  cleanups.push(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    gone.then(([code]) => Promise.reject(new Error(`The other process ended with ${String(code)}`))),
  ])) as [string];
  return {
    process: child,
    ...(JSON.parse(line) as { pid: number; port: number; url: string }),
    release: async () => {
      child.stdin.end();
      await gone;
    },
  };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const isGone = (pid: number) =>
  vi.waitFor(() => expect(markOf(pid)).toBeUndefined(), { timeout: 10_000, interval: 10 });

test('starts, stops, and starts again on the same port with all data', async () => {
  const home = await makeHome();
  const first = await start(home);
  expect(await query(first.url, `select current_database() as name, getdatabaseencoding() as encoding`)).toEqual([
    { name: 'attune', encoding: 'UTF8' },
  ]);
  await query(first.url, `create table kept as select 'Ünïcode' as word`);
  await first.release();
  await isGone(first.pid);

  const second = await start(home);
  expect(second.port).toBe(first.port);
  expect(second.pid).not.toBe(first.pid);
  expect(await query(second.url, 'select lower(word) as word from kept')).toEqual([
    { word: major >= 17 ? 'ünïcode' : (expect.any(String) as unknown) },
  ]);
});

test('listens on this machine only, for those who know the password, which nobody else can read', async () => {
  const home = await makeHome();
  const { url, port } = await start(home);
  expect(
    await query(
      url,
      `select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories') order by 1`,
    ),
  ).toEqual([
    { name: 'listen_addresses', setting: '127.0.0.1' },
    { name: 'unix_socket_directories', setting: '' },
  ]);
  await expect(query(`postgres://attune:wrong@127.0.0.1:${port}/attune`, 'select 1')).rejects.toThrow('password');
  const password = path.join(home, 'postgres', String(major), 'password');
  expect((await stat(password)).mode & 0o777).toBe(0o600);
  expect(url).toContain(await readFile(password, 'utf8'));
});

test('processes share one server: the first starts it, the last stops it', async () => {
  const home = await makeHome();
  const first = await startElsewhere(home);
  const second = await startElsewhere(home);
  expect(second.pid).toBe(first.pid);
  await first.release();
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await second.release();
  expect(markOf(first.pid)).toBeUndefined();
});

test('several starting at once on a new home get one server', async () => {
  const home = await makeHome();
  const users = await Promise.all([1, 2, 3, 4].map(() => startElsewhere(home)));
  expect(new Set(users.map(({ pid }) => pid)).size).toBe(1);
  await Promise.all(users.map((user) => user.release()));
  expect(markOf(users[0]?.pid ?? 0)).toBeUndefined();
});

test('coming while the last one leaves works, again and again', async () => {
  const home = await makeHome();
  let leaving = await start(home);
  for (let round = 0; round < 5; round++) {
    const [, next] = await Promise.all([leaving.release(), start(home)]);
    expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    leaving = next;
  }
});

test('a server that a killed process left behind is adopted', async () => {
  const home = await makeHome();
  const killed = await startElsewhere(home);
  killed.process.kill('SIGKILL');
  await once(killed.process, 'exit');
  const adopted = await start(home);
  expect(adopted).toMatchObject({ pid: killed.pid, port: killed.port });
  await adopted.release();
  await isGone(killed.pid);
});

test('after a kill -9 of the server itself, with a query still running, the next start recovers', async () => {
  const home = await makeHome();
  const first = await start(home);
  await query(first.url, `create table kept as select 42 as answer`);
  const client = new pg.Client(first.url);
  client.on('error', () => undefined);
  await client.connect();
  // does not look up from its work before it is done
  const busy = client.query('select count(*) from generate_series(1, 10000000)').catch(() => undefined);
  process.kill(first.pid, 'SIGKILL');
  await isGone(first.pid);
  const second = await start(home);
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await busy;
  await client.end().catch(() => undefined);
});

test('another port is taken where somebody else has the last one', async () => {
  const home = await makeHome();
  const first = await start(home);
  await first.stop();
  const squatter = createServer().listen(first.port, '127.0.0.1');
  await once(squatter, 'listening');
  cleanups.push(async () => {
    squatter.close();
    await once(squatter, 'close');
  });
  const second = await start(home);
  expect(second.port).not.toBe((squatter.address() as AddressInfo).port);
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a pid file that names some other living process does not stop the start', async () => {
  const home = await makeHome();
  const first = await start(home);
  const pidFile = path.join(home, 'postgres', String(major), 'data', 'postmaster.pid');
  const text = await readFile(pidFile, 'utf8');
  await first.stop();
  await writeFile(pidFile, text.replace(/^\d+/, String(process.pid)), { mode: 0o600 });
  expect(await query((await start(home)).url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a server that cannot start says why, with the end of its log', async () => {
  const home = await makeHome();
  await (await start(home)).stop();
  await appendFile(path.join(home, 'postgres', String(major), 'data', 'postgresql.conf'), '\nno_such_setting = 1\n');
  const failure = await startEmbedded({ home, ...versioned }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(AttuneError);
  expect((failure as AttuneError).message).toContain('unrecognized configuration parameter "no_such_setting"');
  expect((failure as AttuneError).message).toContain('postgres.log');
});

test('data of another major version is left alone', async () => {
  const home = await makeHome();
  await mkdir(path.join(home, 'postgres', '12'), { recursive: true });
  await expect(startEmbedded({ home, ...versioned })).rejects.toThrow('holds data of PostgreSQL 12');
});

describe('as root', () => {
  const account = { kind: 'nobody', uid: nobody, gid: nobody } as const;

  test.runIf(isRoot)('runs as nobody where user namespaces are forbidden (needs root)', async () => {
    const home = await makeHome();
    await chmod(home, 0o755);
    const { pid, url } = await start(home, { account });
    expect((await stat(`/proc/${pid}`)).uid).toBe(nobody);
    await query(url, 'create table kept as select 1 as one');
    // and the files change hands where the account does
    await (await start(home, { account })).stop();
    expect(await query((await start(home)).url, 'select one from kept')).toEqual([{ one: 1 }]);
  });

  test.runIf(isRoot)('says which folder nobody cannot enter (needs root)', async () => {
    const home = await makeHome(); // mode 0700
    await expect(startEmbedded({ home, ...versioned, account })).rejects.toThrow(`cannot enter ${home}`);
  });
});

describe('as an ordinary user', () => {
  const canBe = isRoot && spawnSync(process.execPath, ['--version'], { uid: nobody, gid: nobody }).status === 0;
  const canRead = canBe && spawnSync('cat', [import.meta.filename], { uid: nobody, gid: nobody }).status === 0;
  if (isRoot && !canRead)
    console.warn('Skipped: the user nobody cannot read this checkout, so nothing runs as an ordinary user');

  test.runIf(canRead)('starts, and stops (needs root, and binaries that an ordinary user can reach)', async () => {
    const home = await makeHome();
    await chown(home, nobody, nobody);
    const user = await startElsewhere(home, { uid: nobody });
    expect((await stat(path.join(home, 'postgres', String(major), 'data'))).uid).toBe(nobody);
    expect(await query(user.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await user.release();
    expect(markOf(user.pid)).toBeUndefined();
  });

  test.runIf(canRead)(
    'copies binaries that lack their links and cannot be written (needs root, and binaries that an ordinary user can reach)',
    async () => {
      const home = await makeHome();
      await chown(home, nobody, nobody);
      const unlinked = await makeHome();
      await chmod(unlinked, 0o755);
      await cp(path.dirname((await findBinaries(packageFolder)).folder), unlinked, { recursive: true });
      await rename(path.join(unlinked, 'native/lib/libicuuc.so.60'), path.join(unlinked, 'native/lib/elsewhere'));
      const user = await startElsewhere(home, { uid: nobody, packageFolder: unlinked });
      expect(await query(user.url, 'select 1 as one')).toEqual([{ one: 1 }]);
      await user.release();
    },
  );
});
