import type { Id } from '@attune/core';
import { leases, type Database, type Lease } from '@attune/db';
import { handBack } from '@attune/engine';

/** Milliseconds for which something must be held by the worker, as the database says, without the worker knowing of it, before it counts
 *  as a claim whose answer was lost: longer than any answer is on its way. */
const lostAfterMs = 3_000;

/** Claims that the database made and whose answer never came, since the connection broke: the worker holds them and does not know. Left
 *  alone they would be given up as lost work though nothing of them ever ran. */
export interface LostAnswers {
  /** A claim or a report failed: look. */
  suspect(): void;
  /** Looks whether there are any, where there is reason to, and hands them back. @returns milliseconds until the next look; undefined:
   *  there is no reason for one */
  look(now: number): Promise<number | undefined>;
  /** Whether a claim was handed back before its answer came after all: it is not to be run. */
  isHandedBack(leaseToken: string): boolean;
}

export function lostAnswers(db: Database, worker: Id, knows: (execution: Id) => boolean): LostAnswers {
  const handedBack = new Set<string>();
  let since = new Map<string, number>();
  let suspected = false;

  const isLost = ({ lease_token }: Lease, now: number): boolean => now - (since.get(lease_token) ?? now) >= lostAfterMs;

  return {
    suspect() {
      suspected = true;
    },
    async look(now) {
      if (!suspected) return undefined;
      const unknown = (await leases.heldBy(db, worker)).filter(({ id }) => !knows(id));
      const before = since;
      since = new Map(unknown.map(({ lease_token }) => [lease_token, before.get(lease_token) ?? now]));
      for (const { id: execution, lease_token } of unknown) {
        if (!isLost({ execution, lease_token }, now)) continue;
        handedBack.add(lease_token); // before the deed: its answer may be lost, too
        await handBack(db, { execution, lease_token });
        since.delete(lease_token);
      }
      suspected = since.size > 0;
      return suspected ? lostAfterMs : undefined;
    },
    isHandedBack: (token) => handedBack.has(token),
  };
}
