import { AttuneError, type Problem } from '@attune/core';
import { services, status, type Database, type ServiceName } from '@attune/db';
import { z } from 'zod';
import { version } from '../version.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { oneOf } from './edge/schema.ts';

/** Services without which no work moves. */
const needed = ['executor', 'worker'] as const satisfies ServiceName[];

const noSupervisor =
  "No supervisor lives, so what a lost worker ran stays as it is; start one with 'attune-server supervisor'";

const HealthSchema = z
  .object({
    status: z.literal('ok'),
    version: z.string(),
    services: z.record(z.string(), z.int()),
    warnings: z.array(z.string()).describe('What is not well although work can be done'),
  })
  .meta({ id: 'Health' });

export function healthRoutes(app: Api, { db, isStopping }: ApiDeps): void {
  const areMigrationsCurrent = migrationCheck(db);

  app.get(
    '/health',
    {
      config: { permission: 'public' },
      schema: {
        tags: ['health'],
        operationId: 'getHealth',
        summary: 'Whether work can be done',
        description:
          '200 only while the database answers, its schema is current, and an executor and a worker live; else 503, naming what is missing.',
        response: { 200: oneOf(HealthSchema) },
      },
    },
    async () => {
      if (isStopping()) throw unavailable([{ message: 'This process is about to stop' }]);
      const living = await services.living(db).catch((cause: unknown) => {
        throw unavailable([{ message: 'The database does not answer' }], cause);
      });
      const count = (name: ServiceName) => living.filter(({ service }) => service === name).length;
      const missing: Problem[] = needed
        .filter((name) => count(name) === 0)
        .map((name) => ({ message: `No ${name} lives; start one with 'attune-server ${name}'` }));
      if (!(await areMigrationsCurrent())) {
        missing.unshift({ message: "The database's schema is not the one of this version; run 'attune db migrate'" });
      }
      if (missing.length > 0) throw unavailable(missing);
      const troubles = [...new Set(living.flatMap(({ trouble }) => (trouble === null ? [] : [trouble])))];
      const names = [...new Set(living.map(({ service }) => service))];
      return {
        data: {
          status: 'ok' as const,
          version,
          services: Object.fromEntries(names.map((name) => [name, count(name)])),
          warnings: [...(count('supervisor') === 0 ? [noSupervisor] : []), ...troubles],
        },
      };
    },
  );

  app.get(
    '/health/live',
    {
      config: { permission: 'public' },
      schema: {
        tags: ['health'],
        operationId: 'getLiveness',
        summary: 'Whether the process answers at all',
        response: { 200: oneOf(z.object({ status: z.literal('ok') })) },
      },
    },
    () => ({ data: { status: 'ok' as const } }),
  );
}

const unavailable = (details: Problem[], cause?: unknown) =>
  new AttuneError('unavailable', `Not ready: ${details.map(({ message }) => message).join('. ')}`, { details, cause });

/** Milliseconds for which an answer about migrations counts: they change when somebody runs a command, not with every request. */
const recheckMs = 10_000;

function migrationCheck(db: Database): () => Promise<boolean> {
  let checkedAt = -Infinity;
  let isCurrent = false;
  return async () => {
    if (!isCurrent || performance.now() - checkedAt > recheckMs) {
      isCurrent = (await status(db.url)).every((migration) => migration.known && migration.applied_at !== null);
      checkedAt = performance.now();
    }
    return isCurrent;
  };
}
