// Generates the client's types and calls from an OpenAPI document. The generator brings a runtime of its own, which reads JSON with
// JSON.parse and so rounds integers; packages/client/src/client.ts takes its place.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@hey-api/openapi-ts';

/** Writes `types.gen.ts` and `sdk.gen.ts` into a folder, which is emptied before. */
export async function generateClient(document, folder) {
  await createClient({
    input: document,
    output: { path: folder, clean: true, importFileExtension: '.ts', entryFile: false },
    logs: { level: 'silent', file: false },
    plugins: [
      '@hey-api/typescript',
      { name: '@hey-api/sdk', client: false },
      { name: '@hey-api/client-fetch', bundle: false },
    ],
  });
  await rm(join(folder, 'client.gen.ts'));
  await change(join(folder, 'sdk.gen.ts'), [
    ["from '@hey-api/client-fetch'", "from '../client.ts'"],
    [', TResponse = unknown> = Options2<TData, ThrowOnError, TResponse>', '> = Options2<TData, ThrowOnError>'],
  ]);
  await change(join(folder, 'types.gen.ts'), [
    ['export type Json = unknown;', "export type Json = import('@attune/core').Json;"],
    [/export type JsonObject = \{[^}]*\};/, "export type JsonObject = import('@attune/core').JsonObject;"],
  ]);
}

async function change(path, replacements) {
  let text = await readFile(path, 'utf8');
  for (const [what, replacement] of replacements) {
    const changed = text.replace(what, replacement);
    if (changed === text)
      throw new Error(`${path} has no ${String(what)}: the generator writes something else than it did`);
    text = changed;
  }
  await writeFile(path, text);
}
