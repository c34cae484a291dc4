import type { Logger } from 'pino';
import type { Metrics } from '../metrics/registry.ts';

export interface Chore {
  name: string;
  /** Milliseconds between two rounds. */
  everyMs: number;
  /** One round. What it throws is told, counted, and the round is tried again.
   *  @returns what it could not do, in one sentence; undefined where all is well */
  run(): Promise<string | undefined>;
}

/** Milliseconds after which a round that failed is tried again, where it would not be due sooner. */
const againMs = 2_000;

/** Milliseconds by which a round may come too early: a timer is not exact, and the next chance would be a whole pass later. */
const earlyMs = 100;

export interface Chores {
  /** Does what is due. Chores that fail do not keep the others from being done. */
  round(): Promise<void>;
  /** What could not be done, in one sentence; null where all is well. */
  trouble(): string | null;
}

export function choresOf(chores: readonly Chore[], log: Logger, metrics: Metrics): Chores {
  const rounds = metrics.counter('attune_sweep_rounds_total', {
    help: 'Rounds of the supervisor by chore',
    labels: ['chore'],
  });
  const failures = metrics.counter('attune_sweep_failures_total', {
    help: 'Rounds of the supervisor that failed, by chore; each is tried again within two seconds',
    labels: ['chore'],
  });
  const states = chores.map((chore) => ({ chore, dueAt: 0, trouble: undefined as string | undefined }));
  for (const { name } of chores) failures.add(0, name);
  return {
    async round() {
      for (const state of states) {
        const { chore } = state;
        if (performance.now() + earlyMs < state.dueAt) continue;
        state.dueAt = performance.now() + chore.everyMs;
        try {
          state.trouble = await chore.run();
        } catch (error) {
          failures.add(1, chore.name);
          state.dueAt = performance.now() + Math.min(chore.everyMs, againMs);
          // health is public, so why is told to the log only
          state.trouble = `The supervisor's chore '${chore.name}' fails; its log says why`;
          log.error({ err: error, chore: chore.name }, 'A chore of the supervisor failed; it will be tried again');
        }
        rounds.add(1, chore.name);
      }
    },
    trouble: () => states.map(({ trouble }) => trouble).find((one) => one !== undefined) ?? null,
  };
}
