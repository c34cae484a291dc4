import { AttuneError } from '@attune/core';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../client.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { database, user, type Cluster } from './cluster.ts';
import { freePort, isFree } from './port.ts';
import { forgetStranger, livingPostmaster, type Postmaster } from './postmaster.ts';
import { markOf } from './process-mark.ts';
import { ending, startProgram } from './program.ts';
import { lastLines, openLog, sizeOf, textSince } from './server-log.ts';

/** Longest until a server takes connections, crash recovery included. */
const patienceMs = 60_000;
const pollMs = 10;
const stopMs = 30_000;

export interface Launcher {
  binaries: Binaries;
  account: Account;
  cluster: Cluster;
  /** Settings of postgresql.conf for a server that is started here; an adopted one keeps its own. */
  settings: Readonly<Record<string, string>>;
  log: (message: string) => void;
}

/** The server of the cluster, taking connections: the one that runs, else one that is started here.
 *  @throws AttuneError `unavailable` with the end of the server's log. */
export async function ensureRunning(launcher: Launcher): Promise<Postmaster> {
  const { cluster } = launcher;
  const deadline = Date.now() + patienceMs;
  let trouble = 'it did not become ready';
  while (Date.now() < deadline) {
    const found = await livingPostmaster(cluster.data);
    if (found === undefined) {
      const launch = await start(launcher);
      if (launch.kind === 'ready') return launch.postmaster;
      trouble = launch.trouble;
      if (launch.kind === 'failed') break;
    } else if (found.ready && (await answers(cluster, found.port))) {
      launcher.log(`Embedded PostgreSQL already runs (pid ${found.pid}, port ${found.port})`);
      return found;
    }
    await sleep(pollMs);
  }
  throw new AttuneError(
    'unavailable',
    `The embedded PostgreSQL in ${cluster.folder} does not run: ${trouble}\nIts log is ${cluster.log}`,
  );
}

/** Stops the server, whoever uses it: fast shutdown, and an immediate one where that takes longer than 30 s. */
export async function stopServer(cluster: Cluster): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    const running = await livingPostmaster(cluster.data);
    const mark = running && markOf(running.pid);
    if (mark === undefined) return;
    process.kill(mark.pid, signal);
    const deadline = Date.now() + stopMs;
    while (Date.now() < deadline) {
      if (markOf(mark.pid)?.started !== mark.started) return;
      await sleep(pollMs);
    }
  }
  throw new AttuneError(
    'unavailable',
    `The embedded PostgreSQL in ${cluster.folder} does not stop; see ${cluster.log}`,
  );
}

type Launch =
  | { kind: 'ready'; postmaster: Postmaster }
  /** Not this time: another process was first, took the port, or an earlier server is still dying. */
  | { kind: 'again'; trouble: string }
  | { kind: 'failed'; trouble: string };

async function start(launcher: Launcher): Promise<Launch> {
  const { cluster, account, binaries } = launcher;
  await forgetStranger(cluster.data);
  const port = await freePort(await lastPort(cluster));
  const logStart = await sizeOf(cluster.log);
  const logFile = await openLog(cluster.log);
  const child = startProgram(binaries, account, 'postgres', serverArguments(launcher, port), logFile.fd);
  child.unref();
  let end: string | undefined;
  void ending(child).then((how) => (end = how));
  try {
    const deadline = Date.now() + patienceMs;
    while (end === undefined && Date.now() < deadline) {
      const found = await livingPostmaster(cluster.data);
      if (found?.pid === child.pid && found?.ready === true && (await answers(cluster, port))) {
        await writeFile(cluster.portFile, String(port));
        launcher.log(`Embedded PostgreSQL ${binaries.version} started (pid ${found.pid}, port ${port})`);
        return { kind: 'ready', postmaster: found };
      }
      await sleep(pollMs);
    }
  } finally {
    await logFile.close();
  }
  const text = await textSince(cluster.log, logStart);
  const trouble = `${end ?? 'still starting'}\n${lastLines(text)}`;
  const passing =
    (await livingPostmaster(cluster.data)) !== undefined ||
    text.includes('pre-existing shared memory block') || // backends of a killed server are still on their way out
    !(await isFree(port));
  return { kind: passing ? 'again' : 'failed', trouble };
}

function serverArguments({ cluster, settings }: Launcher, port: number): string[] {
  const all: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '', // a socket's path has 107 bytes, a data folder's may have more
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: '200', // all services in one process, and as many again in processes of their own
    ...settings,
  };
  return ['-D', cluster.data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

const lastPort = (cluster: Cluster): Promise<number> =>
  readFile(cluster.portFile, 'utf8').then(
    (text) => (/^\d{1,5}$/.test(text) ? Number(text) : 0),
    () => 0,
  );

/** Whether the server at the port takes our password, which no other server knows; makes the database where it is missing. */
async function answers(cluster: Cluster, port: number): Promise<boolean> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user,
    password: cluster.password,
    database: 'postgres',
  });
  client.on('error', () => undefined); // told by the rejected query, too
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${database}`).catch(unlessItExists);
    return true;
  } catch (error) {
    // refused, starting up, shutting down: not yet, or no more
    if (isPassing(error)) return false;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function unlessItExists(error: unknown): void {
  const code = (error as { code?: string }).code;
  if (code !== '42P04' && code !== '23505') throw error;
}

const passingCodes = ['ECONNREFUSED', 'ECONNRESET', '57P03', '57P01', '53300'];

const isPassing = (error: unknown): boolean => {
  const code = (error as { code?: string }).code;
  return code === undefined
    ? error instanceof Error && /terminated|timeout/.test(error.message)
    : passingCodes.includes(code);
};
