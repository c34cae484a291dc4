import { constants } from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AttuneError,
  checkFiles,
  executableMode,
  packLimits,
  plainMode,
  type PackFile,
  type PackFiles,
  type PackLimits,
  type Problem,
} from '@attune/core';

/** Names that are never part of a pack, wherever they stand: what tools keep for themselves. */
const skipped = new Set(['.git', 'node_modules', '__pycache__']);

/** Reads the folder of a pack into memory. A pack is plain files: links are refused, wherever they lead, and so are devices, pipes and
 *  sockets. A file that its owner may execute has mode 0755, any other 0644.
 *  @throws AttuneError `not_found` where there is no such folder; `invalid_pack` with every file that is refused and every limit
 *  that is passed. */
export async function readPackFolder(folder: string, limits: PackLimits = packLimits): Promise<PackFiles> {
  const root = await lstat(join(folder, '.')).catch((cause: unknown) => {
    throw new AttuneError('not_found', `There is no folder ${folder}`, { cause });
  });
  if (!root.isDirectory()) throw new AttuneError('not_found', `${folder} is not a folder`);

  const problems: Problem[] = [];
  const paths: string[] = [];
  await listFiles(folder, '', limits.files, paths, problems);
  if (paths.length > limits.files) {
    // Not counted to its end, which may be far away.
    problems.push({ message: `A pack may have at most ${limits.files} files, and there are more` });
    throw refused(folder, problems);
  }

  const files = new Map<string, PackFile>();
  let room = limits.total_bytes;
  for (const path of paths) {
    const read = await readFile(join(folder, path), path, limits.file_bytes, room);
    if ('message' in read) {
      problems.push(read);
      // The rest would be read for nothing, and may be much.
      if (read.file === undefined) break;
      continue;
    }
    room -= read.content.length;
    files.set(path, read);
  }
  problems.push(...checkFiles(files, limits));
  if (problems.length > 0) throw refused(folder, problems);
  return files;
}

const refused = (folder: string, details: Problem[]): AttuneError =>
  new AttuneError('invalid_pack', `The folder ${folder} cannot be read as a pack`, { details });

/** Adds the paths of all plain files to `paths`, sorted within each folder, and stops soon after there are more than `most`. */
async function listFiles(
  folder: string,
  prefix: string,
  most: number,
  paths: string[],
  problems: Problem[],
): Promise<void> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (skipped.has(entry.name)) continue;
    if (paths.length > most) return;
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) await listFiles(folder, `${path}/`, most, paths, problems);
    else if (entry.isFile()) paths.push(path);
    else if (entry.isSymbolicLink()) problems.push({ message: 'A pack must not contain links', file: path });
    else problems.push({ message: 'A pack must contain plain files and folders only', file: path });
  }
}

/** A file with its mode, or why it is refused. The size is looked at first: what is too large is never in memory. */
async function readFile(absolute: string, path: string, mostBytes: number, room: number): Promise<PackFile | Problem> {
  let handle: FileHandle;
  try {
    // The entry may have become a link or a pipe since it was listed.
    handle = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return {
      message: `The file cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      file: path,
    };
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { message: 'A pack must contain plain files and folders only', file: path };
    if (stat.size > mostBytes) {
      return { message: `A file may have at most ${mostBytes} bytes, not ${stat.size}`, file: path };
    }
    if (stat.size > room) return { message: `The files of a pack are too large in all: ${path} is beyond the limit` };
    return { content: await handle.readFile(), mode: (stat.mode & 0o100) === 0 ? plainMode : executableMode };
  } finally {
    await handle.close();
  }
}
