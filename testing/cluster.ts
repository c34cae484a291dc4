import { migrate, openDatabase, sql } from '@attune/db';
import { startEmbedded } from '@attune/db/embedded';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { postgresPackage } from './postgres-version.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the run's server, ending in the name of its migrated template database. */
    templateUrl: string;
  }
}

/** One PostgreSQL for the whole test run, in a folder of its own that is gone afterwards. Transactions mean what they mean in
 *  production; only surviving a power cut, which no test does, is switched off. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(path.join(tmpdir(), 'attune-test-'));
  const packageFolder = await postgresPackage();
  const server = await startEmbedded({
    home,
    ...(packageFolder === undefined ? {} : { packageFolder }),
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '300', max_wal_size: '4GB' },
  });
  const teardown = async () => {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  };
  try {
    const templateUrl = new URL(server.url);
    templateUrl.pathname = '/attune_template';
    const admin = openDatabase(server.url, { max: 1 });
    await admin.run(sql`create database attune_template`).finally(() => admin.close());
    await migrate(templateUrl.href);
    project.provide('templateUrl', templateUrl.href);
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }
}
