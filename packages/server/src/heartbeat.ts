import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { services, type Database, type ServiceInstance, type ServiceName } from '@attune/db';
import { version } from './version.ts';

/** Milliseconds between two heartbeats of a service. */
export const heartbeatMs = 5_000;

export interface Heartbeat {
  readonly instance: string;
  /** Says that the service makes progress, at most once per interval. Call it from the loop that does the work: health then tells
   *  whether work moves, not whether the process lives. */
  beat(): Promise<void>;
  leave(): Promise<void>;
}

export function heartbeatOf(
  db: Database,
  service: ServiceName,
  options: { name?: string; url?: string } = {},
): Heartbeat {
  const self: ServiceInstance = {
    instance: randomUUID(),
    service,
    name: options.name ?? `${hostname()}-${process.pid}`,
    host: hostname(),
    pid: process.pid,
    version,
    url: options.url ?? null,
  };
  let last = 0;
  return {
    instance: self.instance,
    async beat() {
      const now = performance.now();
      if (last !== 0 && now - last < heartbeatMs) return;
      last = now;
      await services.beat(db, self);
    },
    async leave() {
      await services.leave(db, self.instance);
    },
  };
}
