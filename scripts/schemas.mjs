// npm run schemas: writes schemas/*.schema.json, the JSON Schemas of the YAML files of packs, from the tables the parser reads by.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBuilt, requireNode, root } from './lib.mjs';

requireNode();
await ensureBuilt();
const { fileKindNames, fileSchema, stringifyJson } = await import('@attune/core');
const folder = join(root, 'schemas');
await mkdir(folder, { recursive: true });
for (const name of fileKindNames) {
  await writeFile(join(folder, `${name}.schema.json`), `${stringifyJson(fileSchema(name), 2)}\n`);
}
