import type { Database, Doorbell } from '@attune/db';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Metrics } from './metrics/registry.ts';
import type { SecretKey } from './secret-key.ts';

/** What every service is built from; made once in process.ts and passed down. */
export interface Deps {
  db: Database;
  /** Two connections for what must not wait behind work: renewals of leases and heartbeats. */
  pulse: Database;
  bell: Doorbell;
  log: Logger;
  config: Config;
  secrets: SecretKey;
  metrics: Metrics;
}

/** Stops a service: no new work, what runs is finished or handed back. */
export type Stop = () => Promise<void>;
