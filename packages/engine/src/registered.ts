import { digestFiles, type PackFiles } from '@attune/core';
import { packs, type Tx } from '@attune/db';

/** Whether exactly these files are what a pack is registered with, so that registering them would do nothing. Costs little: nothing of
 *  them is read. */
export const isRegistered = (tx: Tx, files: PackFiles): Promise<boolean> =>
  packs.hasFiles(
    tx,
    digestFiles(files).map(({ path, mode, sha256 }) => [path, mode, sha256]),
  );
