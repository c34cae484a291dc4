import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Mutant } from './mutants.ts';
import type * as Search from './search.ts';

const workflow = join(import.meta.dirname, '..', '..', '..', 'src', 'workflow');

/** The search with a mutant's conductor.
 *  @param folder where the bundle may be written
 *  @throws Error if the text that the mutant replaces does not stand in its file exactly once */
export async function searchOf(mutant: Mutant, folder: string): Promise<typeof Search.search> {
  const outfile = join(folder, `${crypto.randomUUID()}.mjs`);
  const path = join(workflow, mutant.file);
  const text = await readFile(path, 'utf8');
  if (text.split(mutant.find).length !== 2) {
    throw new Error(`${mutant.file} does not hold exactly once: ${mutant.find}`);
  }
  const contents = text.replace(mutant.find, () => mutant.replace);
  await build({
    entryPoints: [join(import.meta.dirname, 'search.ts')],
    ...{ bundle: true, platform: 'node', format: 'esm', logLevel: 'error', outfile },
    plugins: [
      {
        name: 'mutant',
        setup(plugins) {
          plugins.onLoad({ filter: /\.ts$/ }, (file) => (file.path === path ? { contents, loader: 'ts' } : undefined));
        },
      },
    ],
    // libraries that still ask for Node's modules by require
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const module = (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as typeof Search;
  return module.search;
}
