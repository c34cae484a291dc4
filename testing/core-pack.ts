import type { PackFiles } from '@attune/core';
import type { Database } from '@attune/db';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { registerPack } from '@attune/engine';

const folder = join(import.meta.dirname, '../packs/core');

/** Registers the pack `core` as the server does when it starts. */
export async function registerCore(db: Database): Promise<void> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(folder, path)).isFile(),
  );
  const files: PackFiles = new Map(
    paths.map((path) => [path, { content: readFileSync(join(folder, path)), mode: 0o644 }]),
  );
  await registerPack(db, { files, source_path: null }, { seal: (text) => `sealed ${text.length}` });
}
