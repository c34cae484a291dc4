import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const folder = path.join(import.meta.dirname, '..');
const modules = path.join(folder, 'node_modules');
const stamp = path.join(modules, '.bench-installed');
const newerNode = path.join(modules, 'node', 'bin', 'node');

/** Installs the peers where that was not done for this lockfile.
 *  @returns `newerNode`, the Node they run on, or `noPeers`: why there are none. */
export async function ensurePeers(log) {
  const wanted = createHash('sha256')
    .update(await readFile(path.join(folder, 'package-lock.json')))
    .digest('hex');
  const installed = await readFile(stamp, 'utf8').catch(() => undefined);
  if (installed !== wanted) {
    log('Installing the peers in bench/node_modules (once, about 220 MB) ...');
    const { code, output } = await installThere();
    if (code !== 0) {
      log(output);
      return { noPeers: `'npm ci' in bench/ failed (exit code ${code}): the registry must be reachable once` };
    }
    if (existsSync(newerNode)) await writeFile(stamp, wanted);
  }
  return existsSync(newerNode) ? { newerNode } : { noPeers: `there is no ${newerNode}; remove bench/node_modules` };
}

/** npm itself runs on the older Node, which the peers do not accept: that is what the newer one among them is for. */
function installThere() {
  const args = ['ci', '--engine-strict=false', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const [command, all] = npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : ['npm', args];
  // under 'npm run' it names the root's folder, where this would install
  const { npm_config_local_prefix: _, ...env } = process.env;
  return new Promise((resolve) => {
    const child = spawn(command, all, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part) => (output = (output + part).slice(-4_000)));
    }
    child.once('error', (error) => resolve({ code: -1, output: error.message }));
    child.once('close', (code) => resolve({ code, output }));
  });
}
