import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AttuneError, checkFiles, type PackFiles } from '@attune/core';

/** Writes the files of a pack into the folder `target`, which is there completely or not at all, whatever happens meanwhile: they are
 *  written beside it and renamed. A `target` that exists is taken for what an earlier call wrote; so name it by the pack's digest.
 *  Any number of processes may do this at once.
 *  @throws AttuneError `invalid_pack` for a path that leaves the folder: nothing is written then. */
export async function materialisePack(target: string, files: PackFiles): Promise<void> {
  if (await exists(target)) return;
  const problems = checkFiles(files);
  if (problems.length > 0) throw new AttuneError('invalid_pack', 'The pack cannot be written', { details: problems });

  const temporary = `${target}.${randomUUID()}.part`;
  try {
    await mkdir(temporary, { recursive: true });
    for (const [path, { content, mode }] of files) await writeFile(join(temporary, path), content, mode);
    await rename(temporary, target);
  } catch (error) {
    // Somebody else was faster, and wrote the same.
    if (await exists(target)) return;
    throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function writeFile(path: string, content: Uint8Array, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'wx', mode);
  try {
    await handle.writeFile(content);
    // Before the rename: after a power failure a complete folder must not hold empty files.
    await handle.sync();
  } finally {
    await handle.close();
  }
  // The process's umask must not decide whether an action can be run.
  await chmod(path, mode);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
