import type { Evidence } from '../evidence.ts';
import { accepted } from './accepted.ts';
import { alone, done, succeeded, traced } from './attempts.ts';
import type { Check } from './check.ts';
import { cleanedUp, lasted, replayed, settled } from './end.ts';
import { emitted, enforced } from './enforced.ts';
import { cancelled, fenced, lawful } from './machine.ts';
import { conducted, ended, limited } from './outcome.ts';

/** Every check by its name. */
export const checks = {
  ...{ accepted, enforced, emitted, traced, done, succeeded, alone, lawful, fenced, cancelled },
  ...{ conducted, ended, limited, settled, replayed, cleanedUp, lasted },
} satisfies Record<string, Check>;

export type CheckName = keyof typeof checks;

export interface Violation {
  check: CheckName;
  what: string;
}

/** All that is wrong with what a run left. */
export const violationsIn = (evidence: Evidence): Violation[] =>
  (Object.keys(checks) as CheckName[]).flatMap((check) => checks[check](evidence).map((what) => ({ check, what })));
