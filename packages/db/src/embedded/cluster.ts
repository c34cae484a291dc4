import { AttuneError } from '@attune/core';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { handOver, type Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { markOf } from './process-mark.ts';
import { ending, startProgram } from './program.ts';
import { lastLines, openLog, textSince } from './server-log.ts';

/** The superuser, and the database, of the embedded server. */
export const user = 'attune';
export const database = 'attune';

/** One data folder of PostgreSQL with what belongs to it, in `<home>/postgres/<major version>/`. */
export interface Cluster {
  folder: string;
  /** PostgreSQL's own folder. */
  data: string;
  log: string;
  /** File with the port of the last start: addresses stay the same while the port is free. */
  portFile: string;
  password: string;
}

/** Opens the cluster of this major version and makes it at first. Made aside and renamed into place: a crash leaves nothing
 *  half-made, and of several makers the first wins.
 *  @throws AttuneError `configuration` where only data of another major version is there, `unavailable` where initdb fails. */
export async function openCluster(postgresFolder: string, binaries: Binaries, account: Account): Promise<Cluster> {
  const folder = path.join(postgresFolder, String(binaries.major));
  const entries = await readdir(postgresFolder);
  if (!entries.includes(String(binaries.major))) {
    const other = entries.find((entry) => /^\d+$/.test(entry));
    if (other !== undefined) throw otherVersion(postgresFolder, other, binaries);
    await makeCluster(folder, binaries, account);
  }
  const data = path.join(folder, 'data');
  await handOver(account, data);
  return {
    folder,
    data,
    log: path.join(folder, 'postgres.log'),
    portFile: path.join(folder, 'port'),
    password: (await readFile(path.join(folder, 'password'), 'utf8')).trim(),
  };
}

async function makeCluster(folder: string, binaries: Binaries, account: Account): Promise<void> {
  await clearAway(path.dirname(folder));
  const making = `${folder}.making-${process.pid}-${randomUUID()}`;
  const data = path.join(making, 'data');
  const password = path.join(making, 'password');
  const log = path.join(making, 'postgres.log');
  try {
    await mkdir(data, { recursive: true, mode: 0o700 });
    await chmod(making, account.kind === 'nobody' ? 0o711 : 0o700);
    await writeFile(password, randomBytes(32).toString('hex'), { mode: 0o600 });
    if (account.kind === 'nobody') await chown(password, account.uid, account.gid);
    await handOver(account, data);
    const logFile = await openLog(log);
    try {
      const end = await ending(
        startProgram(binaries, account, 'initdb', initdbArguments(data, password, binaries), logFile.fd),
      );
      if (end !== 'exit code 0') {
        throw new AttuneError(
          'unavailable',
          `PostgreSQL's initdb failed (${end}) while making ${folder}: ${lastLines(await textSince(log, 0))}`,
        );
      }
    } finally {
      await logFile.close();
    }
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    // another process made it meanwhile
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

/** What makers that died left behind. */
async function clearAway(postgresFolder: string): Promise<void> {
  for (const entry of await readdir(postgresFolder)) {
    const maker = /\.making-(\d+)-/.exec(entry)?.[1];
    if (maker !== undefined && markOf(Number(maker)) === undefined) {
      await rm(path.join(postgresFolder, entry), { recursive: true, force: true });
    }
  }
}

const initdbArguments = (data: string, passwordFile: string, { major }: Binaries): string[] => [
  '-D',
  data,
  `--username=${user}`,
  '--auth=scram-sha-256',
  `--pwfile=${passwordFile}`,
  '--encoding=UTF8',
  '--locale=C',
  // case and character classes of all scripts, the same on every machine; the provider exists from 17 on
  ...(major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
];

const otherVersion = (folder: string, other: string, binaries: Binaries) =>
  new AttuneError(
    'configuration',
    `${folder} holds data of PostgreSQL ${other}, and this Attune brings PostgreSQL ${binaries.major}. Run the Attune that made it and dump its database, or set ATTUNE_HOME to another folder.`,
  );
