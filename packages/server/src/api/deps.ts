import type { Database, Doorbell } from '@attune/db';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics/registry.ts';
import type { SecretKey } from '../secret-key.ts';

/** What the API is built from. */
export interface ApiDeps {
  db: Database;
  bell: Pick<Doorbell, 'ring'>;
  log: Logger;
  secrets: SecretKey;
  metrics: Pick<Metrics, 'render'>;
  /** Process time, for access tokens only. */
  now: () => Date;
  /** Whether this process is about to end: clients are told to go elsewhere. */
  isStopping: () => boolean;
  /** Base of the URLs that others are told, without a slash at its end. */
  url: () => string;
}
