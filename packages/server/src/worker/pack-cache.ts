import { AttuneError, type PackFiles } from '@attune/core';
import { materialisePack } from '@attune/pack';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface PackCache {
  /** The folder with the files of a pack revision, written from the database where it is not there yet.
   *  @throws AttuneError not_found where no such revision is kept. */
  folderOf(ref: string, revision: string): Promise<string>;
}

/** Keeps packs as folders under `root`, one for each revision: what runs keeps its files whatever is registered meanwhile. */
export function packCache(root: string, load: (revision: string) => Promise<PackFiles | undefined>): PackCache {
  const folders = new Map<string, Promise<string>>();

  const write = async (ref: string, revision: string): Promise<string> => {
    const folder = join(root, ref, revision);
    if (await isThere(folder)) return folder;
    const files = await load(revision);
    if (files === undefined)
      throw new AttuneError('not_found', `The files of pack '${ref}', revision ${revision}, are not kept`);
    await mkdir(dirname(folder), { recursive: true });
    await materialisePack(folder, files);
    return folder;
  };

  return {
    folderOf(ref, revision) {
      let folder = folders.get(revision);
      if (folder === undefined) {
        folder = write(ref, revision);
        folders.set(revision, folder);
        folder.catch(() => folders.delete(revision)); // the next one tries again
      }
      return folder;
    },
  };
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
