import { openDoorbell, sql, type Database } from '@attune/db';
import { pino } from 'pino';
import { freshDatabase } from '../../../../testing/database.ts';
import { readConfig } from '../../src/config.ts';
import type { Deps } from '../../src/deps.ts';
import { createMetrics } from '../../src/metrics/registry.ts';
import { loadSecretKey } from '../../src/secret-key.ts';

/** What services are built from, on a database of its own. */
export async function openDeps(): Promise<Deps & AsyncDisposable> {
  const fresh = await freshDatabase();
  const bell = openDoorbell(fresh.url, () => undefined);
  return {
    db: fresh.db,
    pulse: fresh.open(),
    bell,
    log: pino({ level: 'silent' }),
    config: readConfig({}),
    secrets: loadSecretKey('', Buffer.alloc(32, 7).toString('hex')),
    metrics: createMetrics(),
    async [Symbol.asyncDispose]() {
      await bell.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

/** From now on the database's clock is this far from what it would be. */
export const setClock = (db: Database, by: string): Promise<number> =>
  db.run(
    sql.raw(`create or replace function attune.clock() returns timestamptz language sql stable parallel safe
      return now() + interval '${by}'`),
  );

/** A metric's value, by its name with its labels as it is printed; undefined where it is not told. */
export async function metric(deps: Pick<Deps, 'metrics'>, name: string): Promise<number | undefined> {
  const text = await deps.metrics.render();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}
