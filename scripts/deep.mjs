// npm run test:deep [-- --runs N] [--hours H] [--seed S]: plays random workflows with the conductor and with the model of the language side
// by side, on all cores, until they disagree or the runs are done. Default: 100,000 runs from a seed of the day. A disagreement prints the
// smallest workflow file that shows it, and the seed that finds it again.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureInstalled, requireNode, root } from './lib.mjs';

const perSlice = 2_000;
const bundle = process.env['ATTUNE_DEEP_BUNDLE'];

if (bundle === undefined) await lead();
else await follow(bundle);

/** Hands slices of runs to one process per core. */
async function lead() {
  requireNode();
  const { values } = parseArgs({
    options: { runs: { type: 'string' }, hours: { type: 'string' }, seed: { type: 'string' } },
  });
  const hours = numberOf(values, 'hours');
  const runs = numberOf(values, 'runs') ?? (hours === undefined ? 100_000 : Infinity);
  const seed = numberOf(values, 'seed') ?? Math.floor(Date.now() / 1000) % 1_000_000_000;
  const end = hours === undefined ? Infinity : Date.now() + hours * 3_600_000;
  await ensureInstalled();
  const folder = mkdtempSync(join(tmpdir(), 'attune-deep-'));
  const file = join(folder, 'search.mjs');
  try {
    await build(file);
    process.exitCode = await handOut({ file, runs, seed, end });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function numberOf(values, name) {
  if (values[name] === undefined) return undefined;
  const number = Number(values[name]);
  if (Number.isFinite(number) && number > 0) return number;
  console.error(`--${name} is a number above 0, not '${values[name]}'`);
  process.exit(2);
}

async function build(outfile) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [join(root, 'packages', 'core', 'test', 'workflow', 'model', 'search.ts')],
    ...{ bundle: true, platform: 'node', format: 'esm', conditions: ['attune-source'], logLevel: 'warning', outfile },
    // libraries that still ask for Node's modules by require
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
}

/** @returns the exit code: 1 where a slice found something */
function handOut({ file, runs, seed, end }) {
  let next = 0;
  let done = 0;
  let found = false;
  const isOver = () => found || next * perSlice >= runs || Date.now() >= end;
  console.log(`Random workflows from seed ${seed}`);
  const worker = () =>
    new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, ATTUNE_DEEP_BUNDLE: file } });
      const give = () => {
        if (isOver()) return child.disconnect();
        const slice = next++;
        child.send({ seed: seed + slice, runs: Math.min(perSlice, runs - slice * perSlice) });
      };
      child.on('message', ({ runs: played, report }) => {
        done += played;
        if (report !== null) {
          found = true;
          console.log(report);
        } else if (done % (10 * perSlice) === 0) console.log(`${done} runs agree`);
        give();
      });
      child.on('error', reject);
      child.on('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`A process of the search ended with ${code}`)),
      );
      give();
    });
  return Promise.all(Array.from({ length: availableParallelism() }, worker)).then(() => {
    console.log(found ? 'The conductor and the model disagree' : `${done} passed, 0 failed`);
    return found ? 1 : 0;
  });
}

async function follow(file) {
  const { search } = await import(pathToFileURL(file).href);
  process.on('message', ({ seed, runs }) => process.send({ runs, report: search(seed, runs) }));
}
