import type { Database } from '@attune/db';
import { pino } from 'pino';
import { createMetrics } from '../metrics/registry.ts';
import { loadSecretKey } from '../secret-key.ts';
import { buildApi } from './build.ts';

/** The OpenAPI document of this version, without a database: what the typed client is generated from. */
export async function apiDocument(): Promise<Record<string, unknown>> {
  const { app } = await buildApi({
    db: {} as Database, // describing the routes asks it nothing
    bell: { ring: () => undefined },
    log: pino({ level: 'silent' }),
    secrets: loadSecretKey('', '00'.repeat(32)),
    metrics: createMetrics(),
    now: () => new Date(0),
    isStopping: () => false,
    url: () => '',
  });
  await app.ready();
  const document = app.swagger() as unknown as Record<string, unknown>;
  await app.close();
  return document;
}
