// Loads the server from its bundle, with what V8 had compiled of it when it was built: reading and compiling a thousand modules is most
// of what a start would cost. V8 refuses what another version of it has compiled; then it compiles anew.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script, constants } from 'node:vm';

export const bundle = join(import.meta.dirname, '..', 'dist', 'bundle', 'main.cjs');

/** @returns the exports of the bundle, and the script, whose compiled code can be kept. */
export function load(path = bundle) {
  const compiled = `${path}.compiled`;
  const source = `(function (exports, require, module, __filename, __dirname) { ${readFileSync(path, 'utf8')}\n})`;
  const script = new Script(source, {
    filename: bundle, // also while it is being made, for it stands in what is compiled
    cachedData: existsSync(compiled) ? readFileSync(compiled) : undefined,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
  return { script, exports: module.exports };
}
