import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { services, type Database, type ServiceInstance, type ServiceName } from '@attune/db';
import { version } from './version.ts';

/** Milliseconds between two heartbeats of a service. */
export const heartbeatMs = 5_000;

export interface Heartbeat {
  readonly instance: string;
  /** Says that the service makes progress, at most once per interval. Call it from the loop that does the work: health then tells
   *  whether work moves, not whether the process lives.
   *  @param trouble what it cannot do, in one sentence: health tells it. A change of it is said at once. */
  beat(trouble?: string | null): Promise<void>;
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
    trouble: null,
  };
  let last = 0;
  return {
    instance: self.instance,
    async beat(trouble = null) {
      const now = performance.now();
      if (last !== 0 && now - last < heartbeatMs && trouble === self.trouble) return;
      self.trouble = trouble;
      await services.beat(db, self);
      last = now;
    },
    async leave() {
      await services.leave(db, self.instance);
    },
  };
}
