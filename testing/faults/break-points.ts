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

/** How often, in milliseconds, a process is killed or asked to stop beside the break point, which brings about what few runs do by
 *  themselves: work of lost workers, claims that are given back. */
const provokeMs = 1_500;

/** Milliseconds without a death after which none is passed over any more. */
const quietMs = 3_000;

/** Plays load on processes that all die when they pass one moment of the code, start again, and die again, until so many have died.
 *  Where too few do, that is a violation: the point is not reached. */
export async function playBreakPoint(
  postgres: Postgres,
  { point, kills, seed }: BreakPointOptions,
): Promise<{ report: SeedReport; outcome: Outcome }> {
  const seconds = patience.seconds + kills * patience.forEach;
  const { operations } = planOf({ seed, seconds, kinds: ['duplicate'] });
  operations.push(...rareOperations(seed, seconds));
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
      // what runs when it is paused ends while it is
      { at, key: `${key}-join`, kind: 'flow', flow: 'join', copies: 1, apart_ms: 0 },
      { at, key: `${key}-pause`, kind: 'pause', of: `${key}-join`, after_ms: 50, for_ms: 1_000 },
      { at, key: `${key}-doomed`, kind: 'flow', flow: 'nested', copies: 1, apart_ms: 0 },
      { at, key: `${key}-cancel`, kind: 'cancel', of: `${key}-doomed`, after_ms: 50 },
      { at, key: `${key}-register`, kind: 'register' },
    ];
  }).flat();
}

async function killAt(
  { company }: World,
  point: BreakPointName,
  kills: number,
  seconds: number,
  chance: Chance,
): Promise<number> {
  const deadline = performance.now() + seconds * 1_000;
  let deaths = 0;
  let diedAt = performance.now();
  // where nobody has died for a while the moment is a rare one: the next who passes it dies
  const pass = () => (performance.now() - diedAt > quietMs ? 1 : chance.pick([1, 2, 3, 5, 8]));
  company.arm(() => ({ breakPoint: `${point}:${String(pass())}` }));
  for (const name of processNames) company.kill(name, 0);
  let provokeAt = performance.now() + provokeMs;
  while (company.deaths() < kills && performance.now() < deadline) {
    await pause(50);
    if (company.deaths() > deaths) diedAt = performance.now();
    deaths = company.deaths();
    if (performance.now() < provokeAt) continue;
    provokeAt = performance.now() + provokeMs;
    const name = chance.pick(processNames);
    if (chance.happens(0.5)) company.kill(name, 0);
    else company.drain(name);
  }
  return company.deaths();
}
