// What the scripts share. Nothing but Node: these run before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const installStamp = join(root, 'node_modules', '.attune-installed');
const buildStamp = join(root, 'node_modules', '.attune-built');
const bundleScript = join(root, 'scripts', 'bundle.mjs');

/** Runs a command; resolves with its exit code. */
export const run = (command, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });

async function mustRun(what, command, args) {
  const code = await run(command, args, { stdio: ['ignore', 2, 2] });
  if (code !== 0) {
    console.error(`\n${what} failed (exit code ${code}): ${command} ${args.join(' ')}`);
    process.exit(code);
  }
}

/** npm beside the running node, so that no other version is picked up from PATH; PATH's otherwise. */
const npm = () => {
  const beside = process.env.npm_execpath;
  return beside && existsSync(beside) && /\.c?js$/.test(beside) ? [process.execPath, [beside]] : ['npm', []];
};

export const digestOfLock = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

/** Installs what package-lock.json asks for, unless that was done. Two at once take turns by a lock folder. */
export async function ensureInstalled() {
  const wanted = digestOfLock();
  if (readStamp(installStamp) === wanted) return;
  await withLock('install', async () => {
    if (readStamp(installStamp) === wanted) return;
    console.error('Installing what Attune needs (once) ...');
    const [command, args] = npm();
    // `ci` empties node_modules first, which would pull the ground from under a server that runs from this folder
    const verb = existsSync(join(root, 'node_modules')) ? 'install' : 'ci';
    await mustRun('The installation', command, [...args, verb, '--no-audit', '--no-fund', '--loglevel=error']);
    writeFileSync(installStamp, digestOfLock());
  });
}

/** Builds packages/*\/dist, unless their sources are those of the last build. */
export async function ensureBuilt() {
  await ensureInstalled();
  if (isBuilt(digestOfSources())) return;
  await withLock('build', async () => {
    const wanted = digestOfSources();
    if (isBuilt(wanted)) return;
    console.error('Building Attune (once) ...');
    await mustRun('The build', process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']);
    await mustRun('The bundling of the server', process.execPath, [bundleScript]);
    writeFileSync(buildStamp, wanted);
  });
}

const packageNames = () => readdirSync(join(root, 'packages')).sort();

const isBuilt = (digest) =>
  readStamp(buildStamp) === digest &&
  existsSync(join(root, 'packages', 'server', 'dist', 'bundle', 'main.cjs')) &&
  packageNames().every((name) => existsSync(join(root, 'packages', name, 'dist', 'index.js')));

/** Names, sizes and times of all sources: as good as their content and read in a few milliseconds. */
function digestOfSources() {
  const hash = createHash('sha256').update(digestOfLock()).update(readFileSync(bundleScript));
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (/\.(ts|json)$/.test(entry.name) && !entry.name.endsWith('.test.ts')) {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path.slice(root.length)} ${size} ${mtimeMs}\n`);
      }
    }
  };
  for (const name of packageNames()) visit(join(root, 'packages', name, 'src'));
  return hash.digest('hex');
}

const readStamp = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

/** Holds a folder as a lock with our pid in it; a lock whose holder is dead is taken over. */
async function withLock(name, body) {
  const lock = join(root, `node_modules.${name}-lock`);
  const holder = join(lock, 'pid');
  for (;;) {
    try {
      mkdirSync(lock);
      writeFileSync(holder, String(process.pid));
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isDead(holder)) rmSync(lock, { recursive: true, force: true });
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once('exit', release);
  try {
    return await body();
  } finally {
    process.off('exit', release);
    release();
  }
}

function isDead(holder) {
  const pid = Number(readStamp(holder) ?? 0);
  if (pid === 0) return Date.now() - (statSync(dirname(holder), { throwIfNoEntry: false })?.mtimeMs ?? 0) > 5_000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Node's floor, checked before anything else is. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Attune needs Node 20.19 or later; this is ${process.version} (${process.execPath}).`);
  process.exit(1);
}
