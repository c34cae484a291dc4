import { lists } from '@attune/db';
import { z } from 'zod';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { pageAnswer, pageRequest } from './edge/cursor.ts';
import { found } from './edge/found.ts';
import {
  GivenRefSchema,
  HashSchema,
  IdSchema,
  InstantSchema,
  JsonSchema,
  listOf,
  oneOf,
  pageQuery,
  RefSchema,
  refParams,
} from './edge/schema.ts';

const summaryShape = {
  id: IdSchema,
  ref: RefSchema,
  pack: IdSchema,
  pack_ref: RefSchema,
  label: z.string(),
  description: z.string(),
  runtime_ref: z.string().nullable().describe('Runner a worker must have; null for a workflow'),
  is_workflow: z.boolean(),
  revision: HashSchema.nullable(),
  created: InstantSchema,
  updated: InstantSchema,
};

const ActionSummarySchema = z.object(summaryShape).meta({ id: 'ActionSummary' });

const ActionRevisionSchema = z
  .object({ hash: HashSchema, ref: RefSchema, definition: JsonSchema })
  .meta({ id: 'ActionRevision', description: 'An action as it was registered at some time; it never changes' });

const ActionSchema = z
  .object({
    ...summaryShape,
    entrypoint: z.string(),
    param_schema: JsonSchema,
    out_schema: JsonSchema,
    definition: JsonSchema.describe('The definition that `revision` names'),
  })
  .meta({ id: 'Action' });

export function actionRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/actions',
    {
      config: { permission: 'actions:read' },
      schema: {
        tags: ['actions'],
        operationId: 'listActions',
        summary: 'List actions, workflows included',
        querystring: z.strictObject({ ...pageQuery, pack_ref: GivenRefSchema.optional() }),
        response: { 200: listOf(ActionSummarySchema) },
      },
    },
    async ({ query }) => pageAnswer('actions', await lists.actionPage(db, query, pageRequest('actions', query))),
  );

  app.get(
    '/api/v1/actions/:ref',
    {
      config: { permission: 'actions:read' },
      schema: {
        tags: ['actions'],
        operationId: 'getAction',
        summary: 'Show an action',
        params: refParams,
        response: { 200: oneOf(ActionSchema) },
      },
    },
    async ({ params }) => ({ data: found(await lists.findAction(db, params.ref), 'action', params.ref) }),
  );

  app.get(
    '/api/v1/actions/:ref/revisions/:hash',
    {
      config: { permission: 'actions:read' },
      schema: {
        tags: ['actions'],
        operationId: 'getActionRevision',
        summary: 'Show an action as it was: the definition that an execution ran with',
        params: refParams.extend({ hash: HashSchema.regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits') }),
        response: { 200: oneOf(ActionRevisionSchema) },
      },
    },
    async ({ params }) => ({
      data: found(await lists.findActionRevision(db, params.ref, params.hash), 'revision', params.hash),
    }),
  );
}
