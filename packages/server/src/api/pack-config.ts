import { AttuneError, effectiveConfig, maskSecrets, missingConfig, secretConfig, type JsonObject } from '@attune/core';
import { audit, packs, type Database } from '@attune/db';
import { configurePack, type ConfigChange } from '@attune/engine';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { audited } from './auth/caller.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { found } from './edge/found.ts';
import { JsonObjectSchema, JsonSchema, oneOf, RefSchema, refParams } from './edge/schema.ts';

const PackConfigSchema = z
  .object({
    pack_ref: RefSchema,
    conf_schema: JsonSchema.describe('Definitions of the values'),
    config: JsonObjectSchema.describe('The values in force; secret ones are masked'),
    set: z.array(z.string()).describe('Names that an administrator set; the others come from the pack'),
    missing: z.array(z.string()).describe('Names that the pack needs and nothing gives'),
  })
  .meta({ id: 'PackConfig' });

export function packConfigRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/packs/:ref/config',
    {
      config: { permission: 'packs:read' },
      schema: {
        tags: ['packs'],
        operationId: 'getPackConfig',
        summary: 'Show how a pack is configured',
        params: refParams,
        response: { 200: oneOf(PackConfigSchema) },
      },
    },
    async ({ params }) => ({ data: await shown(db, params.ref) }),
  );

  for (const [method, kind, operationId, summary] of [
    ['put', 'replace', 'replacePackConfig', 'Set all values of the configuration of a pack'],
    ['patch', 'merge', 'changePackConfig', 'Set some values of the configuration of a pack; null takes one away'],
  ] as const) {
    app[method](
      '/api/v1/packs/:ref/config',
      {
        config: { permission: 'packs:configure' },
        schema: {
          tags: ['packs'],
          operationId,
          summary,
          description:
            'Each value must fit its definition; what does not is named with its JSON pointer, and nothing is set. The mask of a secret ' +
            'stands for the value that is stored. What runs keeps the configuration it began with.',
          params: refParams,
          body: JsonObjectSchema,
          response: { 200: oneOf(PackConfigSchema) },
        },
      },
      async (request) => ({ data: await change(db, request, request.params.ref, { kind, values: request.body }) }),
    );
  }
}

async function change(
  db: Database,
  request: Pick<FastifyRequest, 'caller' | 'id'>,
  ref: string,
  { kind, values }: ConfigChange,
) {
  if (!(await configurePack(db, ref, { kind, values })))
    throw new AttuneError('not_found', `There is no pack '${ref}'`);
  const details: JsonObject = { [kind === 'replace' ? 'set_to' : 'changed']: Object.keys(values) };
  const entry = { category: 'pack', event_type: 'pack.configure', resource_type: 'pack', resource_ref: ref } as const;
  await audit.insert(db, audited(request, { ...entry, details }));
  return shown(db, ref);
}

async function shown(db: Database, ref: string): Promise<z.output<typeof PackConfigSchema>> {
  const pack = found(await packs.findByRef(db, ref), 'pack', ref);
  const config = maskSecrets(effectiveConfig(pack), secretConfig(pack));
  return {
    pack_ref: pack.ref,
    conf_schema: pack.conf_schema,
    // the columns keep no order
    config: Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1))),
    set: Object.keys(pack.config).sort(),
    missing: missingConfig(pack).sort(),
  };
}
