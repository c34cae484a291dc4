import { breakPointNames } from '../../packages/db/src/break-point.ts';
import { Chance } from './chance.ts';
import { faultKinds, processNames, type Fault, type FaultKind } from './fault.ts';
import { endings, flows, type Operation } from './operation.ts';

export interface PlanOptions {
  seed: number;
  /** How long load and faults go on. */
  seconds: number;
  /** The kinds of faults to choose from. */
  kinds?: readonly FaultKind[];
  /** Operations begun per second. @default 8 */
  rate?: number;
}

/** All that is done in one run. It depends on nothing but the options; how the processes interleave is not planned. */
export interface Plan {
  seed: number;
  seconds: number;
  /** The kinds that this seed chose. */
  kinds: FaultKind[];
  operations: Operation[];
  faults: Fault[];
}

/** Jumps of the database's clock, in seconds. Those back are short: what was said to happen at a time waits until it is that time again. */
const jumps = [-3, -1, 2, 15, 30, 600, 3_600];

const megabyte = 1024 * 1024;

export function planOf({ seed, seconds, kinds = faultKinds, rate = 8 }: PlanOptions): Plan {
  const chance = new Chance(seed);
  // not all kinds in every seed: some faults hide what others would show
  const chosen = chance.some(kinds, 0.45);
  return {
    seed,
    seconds,
    kinds: chosen,
    operations: [
      ...operationsOf(chance, seed, seconds, rate, new Set(chosen)),
      ...instantsOf(seed, seconds, rate, new Set(chosen)),
    ],
    faults: faultsOf(chance, seconds, chosen),
  };
}

function operationsOf(
  chance: Chance,
  seed: number,
  seconds: number,
  rate: number,
  kinds: ReadonlySet<FaultKind>,
): Operation[] {
  const operations: Operation[] = [];
  let at = 0;
  for (let number = 1; ; number += 1) {
    at += chance.between(0, Math.round(2_000 / rate));
    if (at >= seconds * 1_000) break;
    operations.push(operationOf(chance, { at, key: `k${seed}-${number}` }, operations, kinds));
  }
  if (kinds.has('payload')) {
    const key = `k${seed}-payload`;
    const bytes = 10 * megabyte - 1_000;
    operations.push({ at: chance.between(0, seconds * 1_000), key, kind: 'hook', bytes, ...copiesOf(chance, kinds) });
  }
  return operations;
}

/** Built-ins that only compute, one for four other operations; by chances of their own, so that what a seed did before there were any
 *  it does still. */
function instantsOf(seed: number, seconds: number, rate: number, kinds: ReadonlySet<FaultKind>): Operation[] {
  const chance = new Chance(~seed);
  const operations: Operation[] = [];
  let at = 0;
  for (let number = 1; ; number += 1) {
    at += chance.between(0, Math.round(8_000 / rate));
    if (at >= seconds * 1_000) return operations;
    const key = `i${seed}-${number}`;
    const what = chance.happens(0.7)
      ? ({ action: 'echo', exit_code: 0 } as const)
      : ({ action: 'noop', exit_code: chance.pick([0, 3]) } as const);
    operations.push({ at, key, kind: 'instant', ...what, ...copiesOf(chance, kinds) });
    if (chance.happens(0.2))
      operations.push({ at, key: `${key}-cancel`, kind: 'cancel', of: key, after_ms: chance.pick([0, 0, 5, 500]) });
  }
}

function copiesOf(chance: Chance, kinds: ReadonlySet<FaultKind>): { copies: number; apart_ms: number } {
  const copies = kinds.has('duplicate') && chance.happens(0.5) ? chance.between(2, 3) : 1;
  return { copies, apart_ms: copies === 1 ? 0 : chance.pick([0, 0, 5, 50, 1_000]) };
}

function operationOf(
  chance: Chance,
  base: { at: number; key: string },
  before: readonly Operation[],
  kinds: ReadonlySet<FaultKind>,
): Operation {
  const copies = copiesOf(chance, kinds);
  const targets = before.filter((one) => one.kind === 'flow' || one.kind === 'step').slice(-8);
  const flowTargets = targets.filter((one) => one.kind === 'flow');
  const dice = chance.next();
  if (dice < 0.1 && targets.length > 0) {
    return { ...base, kind: 'cancel', of: chance.pick(targets).key, after_ms: chance.between(0, 600) };
  }
  if (dice < 0.14 && flowTargets.length > 0) {
    const of = chance.pick(flowTargets).key;
    return { ...base, kind: 'pause', of, after_ms: chance.between(0, 300), for_ms: chance.between(0, 1_500) };
  }
  if (dice < 0.17) return { ...base, kind: 'refused' };
  if (dice < 0.18) return { ...base, kind: 'register' };
  if (dice < 0.28) return { ...base, kind: 'ping', even: chance.happens(0.5), ...copies };
  if (dice < 0.36) return { ...base, kind: 'hook', bytes: chance.pick([0, 0, 100_000]), ...copies };
  if (dice < 0.5) {
    const mode = kinds.has('poison') && chance.happens(0.5) ? chance.pick(endings) : 'ok';
    const ms = chance.pick([0, 0, 100, 400, 1_500]);
    return { ...base, kind: 'step', action: chance.pick(['step', 'once']), mode, ms, ...copies };
  }
  return { ...base, kind: 'flow', flow: chance.pick(flows), ...copies };
}

function faultsOf(chance: Chance, seconds: number, kinds: readonly FaultKind[]): Fault[] {
  const timed = kinds.filter((kind) => kind !== 'duplicate' && kind !== 'poison' && kind !== 'payload');
  const faults: Fault[] = [];
  const apart = chance.pick([400, 1_000, 2_000]);
  for (
    let at = chance.between(0, apart);
    timed.length > 0 && at < seconds * 1_000;
    at += chance.between(1, 2 * apart)
  ) {
    faults.push(faultOf(chance, at, chance.pick(timed)));
  }
  return faults;
}

function faultOf(chance: Chance, at: number, kind: Exclude<FaultKind, 'duplicate' | 'poison' | 'payload'>): Fault {
  const process = chance.pick(processNames);
  switch (kind) {
    case 'kill':
      return { at, kind, process, down_ms: chance.pick([0, 0, 200, 1_000]) };
    case 'freeze':
      // now and then past the end of a lease
      return { at, kind, process, for_ms: chance.happens(0.08) ? 23_000 : chance.between(50, 4_000) };
    case 'drain':
      return { at, kind, process };
    case 'break_point': {
      const drawn = chance.pick(['kill', 'kill', 'stop', 'throw'] as const);
      const point = chance.pick(breakPointNames);
      // an error while an attempt is run is how that attempt ends, as it should
      const action = drawn === 'throw' && point.startsWith('attempt.') ? 'kill' : drawn;
      return { at, kind, process, point, nth: chance.between(1, 10), action };
    }
    case 'postgres':
      return { at, kind };
    case 'drop':
      return { at, kind, process };
    case 'half_open':
      return {
        at,
        kind,
        process,
        for_ms: chance.between(50, 4_000),
        then: chance.pick(['resume', 'reset', 'silence']),
      };
    case 'file_limit':
      return { at, kind, process, kilobytes: chance.pick([16, 256]) };
    case 'clock':
      return { at, kind, seconds: chance.pick(jumps) };
    case 'slow_consumer':
      return { at, kind, connections: chance.between(1, 5) };
  }
}
