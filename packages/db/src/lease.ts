import type { ExecutionStatus, Id } from '@attune/core';
import { sql, type Tx } from './database.ts';
import { leaseSeconds, type Lease } from './execution-queue.ts';

export interface RenewedLease {
  id: Id;
  lease_token: string;
  status: ExecutionStatus;
  /** False where somebody else has the row locked. */
  renewed: boolean;
}

/** Renews what the worker still holds and tells the status of each; what is missing from the answer is no longer its own. A row that
 *  somebody else has locked is passed over and renewed next time: one transaction that stands still must not cost a worker all its
 *  leases. */
export const renew = (tx: Tx, worker: Id, held: readonly Lease[]): Promise<RenewedLease[]> =>
  tx.many<RenewedLease>(sql`
    with own as (
      select e.id, e.lease_token, e.status
      from unnest(${held.map((lease) => lease.execution)}::bigint[],
        ${held.map((lease) => lease.lease_token)}::uuid[]) as held(id, token)
      -- one by one by their ids: joined, the planner might walk over all leases for each of them
      cross join lateral (select * from execution e where e.id = held.id offset 0) e
      where e.lease_token = held.token and e.worker = ${worker} and e.status in ('running', 'canceling')
        -- an attempt that waits for a person's answer has given its lease up
        and e.lease_until is not null),
    free as (
      select e.id from execution e join own on own.id = e.id
      -- in words that no index serves, for the same reason
      where e.lease_token = own.lease_token and num_nonnulls(e.lease_until) = 1 and e.status::text in ('running', 'canceling')
      for no key update of e skip locked),
    renewed as (
      update execution e set lease_until = attune.clock() + make_interval(secs => ${leaseSeconds})
      from free where e.id = free.id
      returning e.id, e.lease_token, e.status)
    select id, lease_token, status, true as renewed from renewed
    union all
    -- (a join would compare each with each: the planner takes both for short)
    select id, lease_token, status, false from own where id not in (select id from renewed)`);

/** A lease that ends later than any claim or renewal could make it: the clock was set back since. Twice the lease, to be sure. */
const isBeyond = sql<boolean>`lease_until > attune.clock() + make_interval(secs => ${2 * leaseSeconds})`;

/** Executions whose lease ran out: their worker is lost. Ids only; each is rescued in a transaction of its own.
 *  @param beyond whether to take those, too, that end later than they can; ask so only while the clock has been steady for as long as a
 *  lease: whoever lives has renewed by then. */
export const expired = (
  tx: Tx,
  { limit, after, beyond }: { limit: number; after: Id; beyond: boolean },
): Promise<{ id: Id; lease_token: string }[]> =>
  tx.many<{ id: Id; lease_token: string }>(sql`
    select id, lease_token from execution
    where lease_until is not null and status in ('running', 'canceling')
      and (lease_until < attune.clock() or (${beyond} and ${isBeyond})) and id > ${after}
    order by id limit ${limit}`);

/** Of the leases that ran out, those that did so last. */
export const latelyExpired = (tx: Tx, limit: number): Promise<{ id: Id; lease_token: string }[]> =>
  tx.many<{ id: Id; lease_token: string }>(sql`
    select id, lease_token from execution
    where lease_until is not null and lease_until < attune.clock() and status in ('running', 'canceling')
    order by lease_until desc limit ${limit}`);

/** Whether a lease has run out, by the database's clock. Ask under the row's lock: the worker may just have renewed it. */
export const hasRunOut = async (tx: Tx, id: Id, beyond: boolean): Promise<boolean> =>
  (
    await tx.one<{ out: boolean }>(sql`
    select coalesce(lease_until < attune.clock() or (${beyond} and ${isBeyond}), false) as out from execution where id = ${id}`)
  ).out;

/** What a worker holds, whether its leases ran out or not. */
export const heldBy = (tx: Tx, worker: Id): Promise<{ id: Id; lease_token: string }[]> =>
  tx.many<{ id: Id; lease_token: string }>(sql`
    select id, lease_token from execution
    where lease_until is not null and worker = ${worker} and status in ('running', 'canceling') order by id`);

/** Lets a transaction wait at most two seconds for each lock: a sweep goes on with the next row. */
export const waitBriefly = (tx: Tx): Promise<number> => tx.run(sql`select set_config('lock_timeout', '2s', true)`);
