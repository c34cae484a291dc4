import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { breakPointNames, type BreakPointName } from '../../packages/db/src/break-point.ts';
import { playBreakPoint } from './break-points.ts';
import type { FaultKind } from './fault.ts';
import type { Outcome } from './play.ts';
import { postgresOfItsOwn, type Postgres } from './postgres.ts';
import { prove } from './prove.ts';
import { playSeed, type SeedReport } from './seeds.ts';

/** One run of the command: a seed, or kills at one break point. */
export type Job =
  | { seed: number; seconds: number; kinds?: readonly FaultKind[] }
  | { point: BreakPointName; kills: number; seed: number };

export const allPoints: readonly string[] = breakPointNames;

export const nameOf = (job: Job): string =>
  'point' in job ? `break point ${job.point} x ${job.kills}` : `seed ${job.seed}`;

/** Plays jobs one after the other, each on a database of its own in one PostgreSQL.
 *  @param next the next job; undefined: there is none.
 *  @param folder where the log of jobs is, and what is kept of failures. */
export async function work(
  next: () => Promise<Job | undefined>,
  folder: string,
  tell: (report: SeedReport & { took_ms: number }) => void,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await using postgres = await postgresOfItsOwn();
  for (let job = await next(); job !== undefined; job = await next()) {
    const begun = performance.now();
    const report = await perform(postgres, job, folder);
    tell({ ...report, took_ms: Math.round(performance.now() - begun) });
  }
}

/** Breaks what a run leaves in every way that a check knows.
 *  @returns what did not hold. */
export async function proveOnItsOwn(): Promise<string[]> {
  await using postgres = await postgresOfItsOwn();
  return await prove(postgres);
}

async function perform(postgres: Postgres, job: Job, folder: string): Promise<SeedReport> {
  try {
    const { report, outcome } = 'point' in job ? await playBreakPoint(postgres, job) : await playSeed(postgres, job);
    if (report.violations.length > 0) keepFailure(folder, job, outcome);
    note(folder, job, report);
    return report;
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const report: SeedReport = {
      ...{ name: nameOf(job), seed: job.seed, seconds: 0, executions: 0, faults: {}, settled_ms: 0 },
      violations: [{ check: 'driver', what }],
    };
    note(folder, job, report);
    return report;
  }
}

const logIn = (folder: string) => join(folder, 'seeds.jsonl');

const note = (folder: string, job: Job, report: SeedReport): void =>
  appendFileSync(logIn(folder), `${JSON.stringify({ at: new Date().toISOString(), job, ...report })}\n`);

/** Everything that the checks saw, and what the processes logged. */
function keepFailure(folder: string, job: Job, { evidence, violations, logs }: Outcome): void {
  const kept = join(folder, nameOf(job).replaceAll(/\W+/g, '-'));
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, 'violations.json'), JSON.stringify(violations, null, 2));
  writeFileSync(join(kept, 'evidence.json'), JSON.stringify(evidence, null, 1));
  for (const [name, text] of Object.entries(logs)) writeFileSync(join(kept, `${name}.log`), text);
}

/** The jobs that were played without a violation before, as JSON. */
export function jobsDone(folder: string): Set<string> {
  if (!existsSync(logIn(folder))) return new Set();
  const lines = readFileSync(logIn(folder), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return new Set(
    lines.flatMap((line) => {
      const { job, violations } = JSON.parse(line) as { job: Job; violations: unknown[] };
      return violations.length === 0 ? [JSON.stringify(job)] : [];
    }),
  );
}

export { faultKinds } from './fault.ts';
