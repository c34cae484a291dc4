import type { Id } from '@attune/core';
import { breakPoint, leases, type Database, type Lease } from '@attune/db';

export interface LeaseState {
  execution: Id;
  /** `canceling`: stop it and report; `lost`: somebody else decides about it now, stop it and report nothing. */
  state: 'held' | 'canceling' | 'lost';
  /** Whether the lease was renewed. It was not where somebody has the row locked, who may be about to end it: ask again. */
  renewed: boolean;
}

/** Renews all leases of a worker in one statement and says what became of each. */
export async function renew(
  db: Database,
  { worker, leases: held }: { worker: Id; leases: readonly Lease[] },
): Promise<LeaseState[]> {
  if (held.length === 0) return [];
  const rows = new Map((await leases.renew(db, worker, held)).map((row) => [row.id, row]));
  breakPoint('renew.renewed');
  return held.map(({ execution, lease_token }) => {
    const row = rows.get(execution);
    if (row?.lease_token !== lease_token) return { execution, state: 'lost', renewed: false };
    return { execution, state: row.status === 'canceling' ? 'canceling' : 'held', renewed: row.renewed };
  });
}
