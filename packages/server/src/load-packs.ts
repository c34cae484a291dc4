import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readPackFolder } from '@attune/pack';
import { isRegistered, registerPack } from '@attune/engine';
import { projectRoot } from './config.ts';
import type { Deps } from './deps.ts';

/** Registers the packs that come with Attune: `packs/core` and those of `packs/examples`. What is registered already is left. */
export async function loadPacks({ db, log, secrets }: Deps): Promise<void> {
  const packs = join(projectRoot, 'packs');
  const examples = await readdir(join(packs, 'examples'), { withFileTypes: true }).catch(() => []);
  const folders = [
    join(packs, 'core'),
    ...examples.filter((entry) => entry.isDirectory()).map((entry) => join(packs, 'examples', entry.name)),
  ];
  for (const folder of folders) {
    const files = await readPackFolder(folder);
    if (await isRegistered(db, files)) continue;
    const registered = await registerPack(db, { files, source_path: folder, force: true }, secrets);
    if (registered.changed) log.info({ pack: registered.ref, version: registered.version }, 'Registered a pack');
  }
}
