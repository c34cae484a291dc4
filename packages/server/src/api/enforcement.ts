import { lists } from '@attune/db';
import { z } from 'zod';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { pageAnswer, pageRequest } from './edge/cursor.ts';
import { maskSecrets } from './edge/secret-mask.ts';
import { found } from './edge/found.ts';
import {
  GivenRefSchema,
  HashSchema,
  idParams,
  IdSchema,
  InstantSchema,
  JsonSchema,
  listOf,
  oneOf,
  pageQuery,
  RefSchema,
} from './edge/schema.ts';

const StatusSchema = z.enum(lists.enforcementStatuses).meta({ id: 'EnforcementStatus' });

const summaryShape = {
  id: IdSchema,
  rule: IdSchema.nullable(),
  rule_ref: RefSchema,
  trigger_ref: RefSchema,
  event: IdSchema.nullable(),
  status: StatusSchema,
  created: InstantSchema,
  resolved_at: InstantSchema.nullable(),
};

const EnforcementSummarySchema = z.object(summaryShape).meta({ id: 'EnforcementSummary' });

const EnforcementSchema = z
  .object({
    ...summaryShape,
    config: JsonSchema.describe('The rendered action parameters'),
    payload: JsonSchema,
    conditions: JsonSchema,
    error: JsonSchema.describe('Why it failed, where it did'),
    revision: HashSchema.nullable(),
  })
  .meta({ id: 'Enforcement' });

export function enforcementRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/enforcements',
    {
      config: { permission: 'enforcements:read' },
      schema: {
        tags: ['enforcements'],
        operationId: 'listEnforcements',
        summary: 'List enforcements',
        querystring: z.strictObject({
          ...pageQuery,
          rule_ref: GivenRefSchema.optional(),
          trigger_ref: GivenRefSchema.optional(),
          event: IdSchema.optional(),
          status: StatusSchema.optional(),
        }),
        response: { 200: listOf(EnforcementSummarySchema) },
      },
    },
    async ({ query }) =>
      pageAnswer('enforcements', await lists.enforcementPage(db, query, pageRequest('enforcements', query))),
  );

  app.get(
    '/api/v1/enforcements/:id',
    {
      config: { permission: 'enforcements:read' },
      schema: {
        tags: ['enforcements'],
        operationId: 'getEnforcement',
        summary: 'Show an enforcement',
        params: idParams,
        response: { 200: oneOf(EnforcementSchema) },
      },
    },
    async ({ params }) => {
      const enforcement = found(await lists.findEnforcement(db, params.id), 'enforcement', params.id);
      return { data: { ...enforcement, config: maskSecrets(null, enforcement.config) } };
    },
  );
}
