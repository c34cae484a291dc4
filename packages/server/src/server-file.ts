import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import type { Config } from './config.ts';
import { version } from './version.ts';

/** What `$ATTUNE_HOME/server.json` says while the API is ready; mode 0600, since the address may hold a password. */
export interface ServerFile {
  pid: number;
  url: string;
  database_url: string;
  version: string;
  started_at: string;
}

const nameIn = (home: string) => join(home, 'server.json');

export async function readServerFile(home: string): Promise<ServerFile | undefined> {
  try {
    return JSON.parse(await readFile(nameIn(home), 'utf8')) as ServerFile;
  } catch {
    return undefined;
  }
}

/** Written whole and renamed, so that no reader meets half of it. */
export async function writeServerFile(home: string, server: Pick<ServerFile, 'url' | 'database_url'>): Promise<void> {
  const file: ServerFile = { pid: process.pid, ...server, version, started_at: new Date().toISOString() };
  const partial = `${nameIn(home)}.${process.pid}`;
  await writeFile(partial, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  await rename(partial, nameIn(home));
}

/** Keeps the port for the next start, but no longer says that a server runs. */
export async function removeServerFile(home: string): Promise<void> {
  const file = await readServerFile(home);
  if (file?.pid !== process.pid) return;
  await writeFile(join(home, 'last-port'), `${new URL(file.url).port}\n`);
  await rm(nameIn(home), { force: true });
}

/** The port to listen on.
 *  @throws AttuneError configuration where the wanted one is taken, naming the Attune that has it if it is one. */
export async function claimPort(config: Config): Promise<number> {
  const last = await readServerFile(config.home);
  if (last !== undefined && isAlive(last.pid) && (await answers(last.url))) {
    throw new AttuneError(
      'configuration',
      `Attune already runs on this data folder: ${last.url} (process ${last.pid}). Stop it, or set ATTUNE_HOME to another folder`,
    );
  }
  if (config.port !== 0) {
    if (await isFree(config.host, config.port)) return config.port;
    throw new AttuneError(
      'configuration',
      `Port ${config.port} on ${config.host} is taken. Stop what listens there, or set ATTUNE_PORT to another port (0: any free one)`,
    );
  }
  const before = last === undefined ? await lastPort(config.home) : Number(new URL(last.url).port);
  return before !== undefined && (await isFree(config.host, before)) ? before : 0;
}

async function lastPort(home: string): Promise<number | undefined> {
  const text = await readFile(join(home, 'last-port'), 'utf8').catch(() => '');
  return /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}

const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(1_000) });
    return true;
  } catch {
    return false;
  }
}
