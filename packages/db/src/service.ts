import type { Instant } from '@attune/core';
import { sql, type Tx } from './database.ts';

export type ServiceName = 'api' | 'executor' | 'worker' | 'notifier' | 'supervisor';

export interface ServiceInstance {
  instance: string;
  service: ServiceName;
  name: string;
  host: string;
  pid: number;
  version: string;
  url: string | null;
  /** What it could not do of late, in one sentence; null where all is well. */
  trouble: string | null;
}

/** Seconds after which a service that sent no heartbeat counts as dead. */
export const serviceDeadAfterSeconds = 20;

/** Says that this instance makes progress now; call it every 5 s from the loop that does the work, not beside it. */
export const beat = (tx: Tx, service: ServiceInstance): Promise<number> =>
  tx.run(sql`
    insert into service (instance, service, name, host, pid, version, url, trouble)
    values (${service.instance}, ${service.service}, ${service.name}, ${service.host}, ${service.pid},
      ${service.version}, ${service.url}, ${service.trouble})
    on conflict (instance) do update set heartbeat_at = attune.clock(), url = excluded.url,
      trouble = excluded.trouble`);

export const leave = (tx: Tx, instance: string): Promise<number> =>
  tx.run(sql`delete from service where instance = ${instance}`);

export const living = (tx: Tx): Promise<(ServiceInstance & { heartbeat_at: Instant })[]> =>
  tx.many<ServiceInstance & { heartbeat_at: Instant }>(sql`
    select instance, service, name, host, pid, version, url, trouble, heartbeat_at from service
    where heartbeat_at > attune.clock() - make_interval(secs => ${serviceDeadAfterSeconds})
      -- one of a clock that was set back since says nothing
      and heartbeat_at < attune.clock() + make_interval(secs => ${serviceDeadAfterSeconds})
    order by service, name`);

/** Forgets instances that died an hour ago or earlier. */
export const forgetDead = (tx: Tx): Promise<number> =>
  tx.run(sql`delete from service where heartbeat_at < attune.clock() - interval '1 hour'`);
