import { setTimeout as pause } from 'node:timers/promises';
import type { BreakPointName } from '../../packages/db/src/break-point.ts';
import { Chance } from './chance.ts';
import { processNames } from './fault.ts';
import type { World } from './inject.ts';
import type { Operation } from './operation.ts';
import { planOf } from './plan.ts';
import { play, type Outcome } from './play.ts';
import type { Postgres } from './postgres.ts';
import { reportOf, type SeedReport } from './seeds.ts';

export interface BreakPointOptions {
  point: BreakPointName;
  /** How many processes are to die there. */
  kills: number;
  seed: number;
}

/** Longest that deaths are waited for, in seconds: so much, and more for each. On a busy machine a process takes seconds to start. */
const patience = { seconds: 30, forEach: 15 };

/** Milliseconds without a death after which a process is killed: its next life dies at the first pass. */
const quietMs = 5_000;

/** Milliseconds from one death to the next from which on none is passed over: the moment is a rare one. */
const rareMs = 2_000;

/** Moments that a process passes once in its life. */
const onceInALife: readonly BreakPointName[] = ['worker.former_ended', 'worker.registered', 'worker.draining'];

type Provocation = (world: World, chance: Chance) => Promise<void> | void;

/** Milliseconds between two provocations, and longest that one waits until every process is ready. */
const provoke = { everyMs: 1_000, waitMs: 5_000 };

const workers = processNames.filter((name) => name.startsWith('worker'));

/** Workers are asked to stop while they ask for work and the database is slow to answer: they are given what they do not begin any more. */
const stopWhileClaiming: Provocation = async ({ company }) => {
  for (const name of workers) company.proxy(name).freeze(true);
  await pause(400);
  for (const name of workers) company.drain(name);
  await pause(100);
  for (const name of workers) company.proxy(name).thaw('resume');
};

/** What brings processes to moments that load alone does not bring them to. */
const provocations: Partial<Record<BreakPointName, Provocation>> = {
  'hand_back.given': stopWhileClaiming,
  'rescue.abandoned': ({ company }, chance) => void company.kill(chance.pick(workers), 0),
  'worker.draining': ({ company }) => workers.forEach((name) => company.drain(name)),
};

/** Plays load on processes that all die when they pass one moment of the code, start again, and die again, until so many have died.
 *  Where too few do, that is a violation: the point is not reached. */
export async function playBreakPoint(
  postgres: Postgres,
  { point, kills, seed }: BreakPointOptions,
): Promise<{ report: SeedReport; outcome: Outcome }> {
  const seconds = patience.seconds + kills * patience.forEach;
  const { operations } = planOf({ seed, seconds, kinds: ['duplicate'] });
  operations.push(...rareOperations(seed, seconds));
  if (point === 'advance.kept_end') operations.push(...pausedJoins(seed, seconds));
  let deaths = 0;
  const outcome = await play(postgres, {
    operations,
    async disturb(world) {
      deaths = await killAt(world, point, kills, seconds, new Chance(seed));
      return new Map([['break_point', deaths]]);
    },
  });
  if (deaths < kills) {
    const what = `Of ${kills} processes ${deaths} died at ${point} within ${seconds} s`;
    outcome.violations.push({ check: 'reached', what });
  }
  return { outcome, report: reportOf(`break point ${point} x ${kills}`, { seed, seconds }, outcome) };
}

/** What the usual load does too seldom for twenty deaths. */
function rareOperations(seed: number, seconds: number): Operation[] {
  return Array.from({ length: seconds }, (_, second): Operation[] => {
    const at = second * 1_000;
    const key = `r${seed}-${second}`;
    return [
      { at, key, kind: 'flow', flow: 'asking', copies: 1, apart_ms: 0 },
      ...pausedJoin(at, key, 50),
      { at, key: `${key}-doomed`, kind: 'flow', flow: 'nested', copies: 1, apart_ms: 0 },
      { at, key: `${key}-cancel`, kind: 'cancel', of: `${key}-doomed`, after_ms: 50 },
      { at, key: `${key}-register`, kind: 'register' },
      // more output than travels with a report
      { at, key: `${key}-flood`, kind: 'step', action: 'step', mode: 'flood', ms: 0, copies: 1, apart_ms: 0 },
    ];
  }).flat();
}

/** What runs when it is paused ends while it is. */
const pausedJoin = (at: number, key: string, after_ms: number): Operation[] => [
  { at, key: `${key}-join`, kind: 'flow', flow: 'join', copies: 1, apart_ms: 0 },
  { at, key: `${key}-pause`, kind: 'pause', of: `${key}-join`, after_ms, for_ms: 1_000 },
];

/** Four more in each second, paused sooner and later: where processes die all the time, tasks begin when they can. */
const pausedJoins = (seed: number, seconds: number): Operation[] =>
  Array.from({ length: seconds * 4 }, (_, n) => pausedJoin(n * 250, `p${seed}-${n}`, 50 + 100 * (n % 4))).flat();

async function killAt(
  world: World,
  point: BreakPointName,
  kills: number,
  seconds: number,
  chance: Chance,
): Promise<number> {
  const { company } = world;
  const deadline = performance.now() + seconds * 1_000;
  let deaths = 0;
  let diedAt = performance.now();
  let apartMs = Infinity;
  const pass = () =>
    onceInALife.includes(point) || Math.max(apartMs, performance.now() - diedAt) > rareMs
      ? 1
      : chance.pick([1, 2, 3, 5, 8]);
  company.arm(() => ({ breakPoint: `${point}:${String(pass())}` }));
  for (const name of processNames) company.kill(name, 0);
  let provokedAt = performance.now();
  let shookAt = performance.now();
  while (company.deaths() < kills && performance.now() < deadline) {
    await pause(20);
    const now = performance.now();
    if (company.deaths() > deaths) {
      apartMs = (now - diedAt) / (company.deaths() - deaths);
      deaths = company.deaths();
      diedAt = now;
    }
    const waitedMs = now - provokedAt;
    if (waitedMs > provoke.everyMs && (company.areReady() || waitedMs > provoke.waitMs)) {
      await provocations[point]?.(world, chance);
      provokedAt = performance.now();
    }
    if (now - Math.max(diedAt, shookAt) > quietMs) {
      company.kill(chance.pick(processNames), 0);
      shookAt = now;
    }
  }
  return company.deaths();
}
