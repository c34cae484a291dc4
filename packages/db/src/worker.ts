import type { Id } from '@attune/core';
import { sql, type Tx } from './database.ts';

export interface WorkerToRegister {
  name: string;
  host: string;
  /** Names this process; another one under the same name has another. */
  instance: string;
  runtimes: readonly string[];
}

/** Puts the worker's row in place. A worker keeps its row from life to life: whoever registers holds the lock on its name. */
export const register = (tx: Tx, { name, host, instance, runtimes }: WorkerToRegister): Promise<{ id: Id }> =>
  tx.one<{ id: Id }>(sql`
    with former as (select id from worker where name = ${name} order by id limit 1),
    kept as (
      update worker w set host = ${host}, instance = ${instance}::uuid, runtimes = ${runtimes}::text[], status = 'active',
        last_heartbeat = attune.clock(), updated = attune.clock()
      from former where w.id = former.id
      returning w.id),
    added as (
      insert into worker (name, worker_type, host, instance, runtimes, status, last_heartbeat)
      select ${name}, 'local', ${host}, ${instance}::uuid, ${runtimes}::text[], 'active', attune.clock()
      where not exists (select from former)
      returning id)
    select id from kept union all select id from added`);

/** Says that the worker lives; what it holds is renewed by its leases. */
export const beat = (tx: Tx, id: Id, instance: string): Promise<number> =>
  tx.run(
    sql`update worker set last_heartbeat = attune.clock(), updated = attune.clock() where id = ${id} and instance = ${instance}`,
  );

/** The worker ends on purpose. */
export const leave = (tx: Tx, id: Id, instance: string): Promise<number> =>
  tx.run(sql`
    update worker set status = 'inactive', updated = attune.clock() where id = ${id} and instance = ${instance}`);
