import type { Id } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import type { QueuePlace } from './ready.ts';

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

/** Where a worker's claims of a runtime may go on after it has started again. */
export type LeftPlace = QueuePlace & {
  runtime: string;
  /** Milliseconds until the queue is to be looked at from the front again. */
  look_in_ms: number;
};

/** The worker ends on purpose. @param places what its next life may go on from. @default none */
export const leave = (tx: Tx, id: Id, instance: string, places: readonly LeftPlace[] = []): Promise<number> =>
  tx.run(sql`
    update worker set status = 'inactive', updated = attune.clock(),
      meta = case when ${places.length} > 0 then coalesce(meta, '{}') || jsonb_build_object('queue', (
        select jsonb_agg(jsonb_build_object('runtime', x.runtime, 'run_after', x.run_after, 'id', x.id,
          'look_at', attune.clock() + make_interval(secs => x.look_in_ms / 1000)))
        from jsonb_to_recordset(${jsonb(places.map((one) => ({ ...one })))}) as x(runtime text, run_after timestamptz, id bigint,
          look_in_ms double precision))) else meta end
    where id = ${id} and instance = ${instance}`);

/** What the worker's former life left, as far as it still holds; it is told once. */
export const takeLeft = (tx: Tx, id: Id): Promise<LeftPlace[]> =>
  tx.many<LeftPlace>(sql`
    with former as (select meta->'queue' as queue from worker where id = ${id}),
    forgotten as (update worker set meta = meta - 'queue' where id = ${id} and meta ? 'queue')
    select x.runtime, x.run_after, x.id, (extract(epoch from x.look_at - attune.clock()) * 1000)::float8 as look_in_ms
    from former, jsonb_to_recordset(former.queue) as x(runtime text, run_after timestamptz, id bigint, look_at timestamptz)
    where x.look_at > attune.clock()`);
