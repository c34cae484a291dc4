import type { Id } from '@attune/core';
import { executionQueue, type Database, type Lease } from '@attune/db';

export interface LeaseState {
  execution: Id;
  /** `canceling`: stop it and report; `lost`: somebody else decides about it now, stop it and report nothing. */
  state: 'held' | 'canceling' | 'lost';
}

/** Renews all leases of a worker in one statement and says what became of each. */
export async function renew(
  db: Database,
  { worker, leases }: { worker: Id; leases: readonly Lease[] },
): Promise<LeaseState[]> {
  if (leases.length === 0) return [];
  const held = new Map((await executionQueue.renewLeases(db, worker, leases)).map((row) => [row.id, row]));
  return leases.map(({ execution, lease_token }) => {
    const row = held.get(execution);
    if (row?.lease_token !== lease_token) return { execution, state: 'lost' };
    return { execution, state: row.status === 'canceling' ? 'canceling' : 'held' };
  });
}
