import type { FaultKind } from './fault.ts';
import { planOf } from './plan.ts';
import { playPlan, type Outcome } from './play.ts';
import type { Postgres } from './postgres.ts';

export interface SeedOptions {
  seed: number;
  seconds: number;
  kinds?: readonly FaultKind[];
}

/** What is kept of a run, one line of the log each. */
export interface SeedReport extends SeedOptions {
  name: string;
  executions: number;
  /** What had an effect, by kind. */
  faults: Partial<Record<FaultKind, number>>;
  settled_ms: number;
  violations: { check: string; what: string }[];
}

export async function playSeed(
  postgres: Postgres,
  options: SeedOptions,
): Promise<{ report: SeedReport; outcome: Outcome }> {
  const outcome = await playPlan(postgres, planOf(options));
  return { outcome, report: reportOf(`seed ${options.seed}`, options, outcome) };
}

export const reportOf = (
  name: string,
  options: SeedOptions,
  { evidence, violations, settledMs }: Outcome,
): SeedReport => ({
  name,
  ...options,
  executions: evidence.executions.length,
  faults: evidence.faults,
  settled_ms: Math.round(settledMs),
  violations,
});
