// npm run test:faults [-- --seeds N] [--seconds S] [--from K] [--only KIND,...] [--hours H] [--parallel P] [--resume] [--log FOLDER]
// npm run test:faults -- --break-points [--kills 20] [--only NAME,...]
// npm run test:faults -- --prove
// Runs real processes under load, disturbs them by seed, and checks that nothing was lost, doubled or left behind. docs/fault-tests.md.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, requireNode, root } from './lib.mjs';

const bundle = process.env['ATTUNE_FAULTS_BUNDLE'];

/** Exit codes of a process that a signal ends: 128 and its number. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 };

/** From now on the signal ends this process, and what it has to remove when it exits is removed. */
const endAt = (signal) => process.once(signal, () => process.exit(exitCodes[signal]));

if (bundle === undefined) await lead();
else await follow(bundle);

/** Hands jobs to as many processes as were asked for. */
async function lead() {
  requireNode();
  const options = readOptions();
  await ensureBuilt();
  // below node_modules, so that what the bundle imports is found
  const folder = mkdtempSync(join(root, 'node_modules', '.attune-faults-'));
  const file = join(folder, 'faults.mjs');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true })); // also where a run is ended at once
  await build(file);
  process.env['ATTUNE_FAULTS_ROOT'] = root;
  process.exitCode = options.prove ? await proveAll(file) : await handOut(file, options);
}

function readOptions() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({
    options: {
      ...{ seeds: text, seconds: text, from: text, only: text, hours: text, parallel: text, log: text, kills: text },
      ...{ resume: flag, 'break-points': flag, prove: flag },
    },
  });
  const number = (name, fallback) => {
    if (values[name] === undefined) return fallback;
    const read = Number(values[name]);
    if (Number.isFinite(read) && read >= 0) return read;
    refuse(`--${name} is a number of 0 or more, not '${values[name]}'`);
  };
  const hours = number('hours', undefined);
  return {
    seeds: number('seeds', hours === undefined ? 10 : Infinity),
    ...{ hours, seconds: number('seconds', 10), from: number('from', 1), kills: number('kills', 20) },
    ...{ parallel: Math.max(1, number('parallel', 1)), only: values.only?.split(',') },
    ...{ resume: values.resume, prove: values.prove, breakPoints: values['break-points'] },
    log: values.log ?? join(root, '.attune', 'faults'),
  };
}

function refuse(message) {
  console.error(message);
  process.exit(2);
}

async function build(outfile) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [join(root, 'testing', 'faults', 'main.ts')],
    packages: 'external',
    ...{ bundle: true, platform: 'node', format: 'esm', logLevel: 'warning', target: 'node20', outfile },
  });
}

async function proveAll(file) {
  const { proveOnItsOwn } = await import(pathToFileURL(file).href);
  const wrong = await proveOnItsOwn();
  for (const one of wrong) console.log(one);
  console.log(wrong.length === 0 ? 'Every check objects to what it is there for' : `${wrong.length} wrong`);
  return wrong.length === 0 ? 0 : 1;
}

/** @returns the exit code: 1 where a check objected to something */
async function handOut(file, options) {
  const { allPoints, faultKinds, jobsDone } = await import(pathToFileURL(file).href);
  const known = options.breakPoints ? allPoints : faultKinds;
  const unknown = options.only?.find((name) => !known.includes(name));
  if (unknown !== undefined) refuse(`There is no '${unknown}'; expected some of ${known.join(', ')}`);
  const done = options.resume ? jobsDone(options.log) : new Set();
  const jobs = jobsOf(options, known, done);
  const end = options.hours === undefined ? Infinity : Date.now() + options.hours * 3_600_000;
  let interrupted = false;
  for (const signal of Object.keys(exitCodes)) {
    process.once(signal, () => {
      interrupted = true;
      endAt(signal);
      console.log('No further run begins; --resume goes on from here. Once more ends at once.');
    });
  }
  const totals = { passed: 0, failed: 0, executions: 0, faults: 0 };
  const worker = () =>
    new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(import.meta.url), [], {
        env: { ...process.env, ATTUNE_FAULTS_BUNDLE: file, ATTUNE_FAULTS_LOG: options.log },
      });
      child.on('message', (message) => {
        if (message.report !== undefined) tell(message.report, options, totals);
        else child.send(Date.now() < end && !interrupted ? (jobs.next().value ?? null) : null);
      });
      child.on('error', reject);
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`A driver ended with ${code}`))));
    });
  await Promise.all(Array.from({ length: options.parallel }, worker));
  const { passed, failed, executions, faults } = totals;
  console.log(`${passed} passed, ${failed} failed; ${executions} executions, ${faults} faults. Log: ${options.log}`);
  return failed === 0 ? 0 : 1;
}

function* jobsOf({ seeds, seconds, from, only, kills, breakPoints }, known, done) {
  const isNew = (job) => !done.has(JSON.stringify(job));
  if (breakPoints) {
    for (const point of only ?? known) {
      const job = { point, kills, seed: from };
      if (isNew(job)) yield job;
    }
    return;
  }
  for (let seed = from; seed < from + seeds; seed += 1) {
    const job = { seed, seconds, ...(only === undefined ? {} : { kinds: only }) };
    if (isNew(job)) yield job;
  }
}

function tell({ name, seed, seconds, kinds, executions, faults, settled_ms, violations, took_ms }, options, totals) {
  const kindsOfFaults = Object.entries(faults).map(([kind, count]) => `${kind} ${count}`);
  const verdict = violations.length === 0 ? 'ok' : 'FAILED';
  console.log(
    `${name}: ${verdict}, ${executions} executions, ${kindsOfFaults.join(', ') || 'no fault'}, at rest after ${settled_ms} ms, took ${Math.round(took_ms / 1000)} s`,
  );
  totals.executions += executions;
  totals.faults += Object.values(faults).reduce((sum, count) => sum + count, 0);
  if (violations.length === 0) {
    totals.passed += 1;
    return;
  }
  totals.failed += 1;
  for (const { check, what } of violations.slice(0, 20)) console.log(`  ${check}: ${what}`);
  if (violations.length > 20) console.log(`  and ${violations.length - 20} more`);
  const again = options.breakPoints
    ? `--break-points --only ${name.split(' ')[2]} --kills ${options.kills} --from ${seed}`
    : `--from ${seed} --seeds 1 --seconds ${seconds}${kinds === undefined ? '' : ` --only ${kinds.join(',')}`}`;
  console.log(`  again: npm run test:faults -- ${again}`);
}

async function follow(file) {
  // a terminal sends it to all at once: the run that goes on is to end by itself, unless it is sent once more
  process.once('SIGINT', () => endAt('SIGINT'));
  const endToo = () => process.exit(1);
  process.once('disconnect', endToo);
  const { work } = await import(pathToFileURL(file).href);
  const next = () =>
    new Promise((resolve) => {
      process.once('message', (job) => resolve(job ?? undefined));
      process.send({});
    });
  await work(next, process.env['ATTUNE_FAULTS_LOG'], (report) => process.send({ report }));
  process.off('disconnect', endToo);
  process.disconnect();
}
