// npm run bench:growth: says with --help what it does.
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { readOptions, UsageError, usage } from './options.mjs';
import { printed } from './report.mjs';
import { scenarios } from './scenarios.mjs';
import { withServer } from './server.mjs';

/** Plays one scenario in a process of its own, so that its memory is its own. */
async function play(url, name, scale) {
  const script = path.join(import.meta.dirname, 'play.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, url, name, String(scale)], {
    maxBuffer: 64 * 2 ** 20,
  });
  return JSON.parse(stdout);
}

async function main() {
  const options = readOptions(process.argv.slice(2), Object.keys(scenarios));
  if (options.help) return console.log(usage(Object.keys(scenarios)));
  const started = performance.now();
  const report = await withServer(options.databaseUrl, async (url, postgresql) => {
    const results = [];
    for (const name of options.scenarios) {
      console.error(`${((performance.now() - started) / 1000).toFixed(0)} s  ${scenarios[name].title(options.scale)}`);
      results.push(await play(url, name, options.scale));
    }
    return {
      setting: { postgresql, node: process.version, cores: availableParallelism(), scale: options.scale },
      results,
    };
  });
  console.log(options.json ? JSON.stringify(report, null, 2) : printed(report));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage(Object.keys(scenarios))}`);
  process.exitCode = 2;
}
