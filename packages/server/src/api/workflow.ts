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
  description: z.string().nullable(),
  version: z.string(),
  tags: z.array(z.string()).nullable(),
  revision: HashSchema.nullable(),
  created: InstantSchema,
  updated: InstantSchema,
};

const WorkflowSummarySchema = z.object(summaryShape).meta({ id: 'WorkflowSummary' });

const WorkflowSchema = z
  .object({ ...summaryShape, param_schema: JsonSchema, out_schema: JsonSchema, definition: JsonSchema })
  .meta({ id: 'Workflow' });

export function workflowRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/workflows',
    {
      config: { permission: 'workflows:read' },
      schema: {
        tags: ['workflows'],
        operationId: 'listWorkflows',
        summary: 'List workflows',
        querystring: z.strictObject({ ...pageQuery, pack_ref: GivenRefSchema.optional() }),
        response: { 200: listOf(WorkflowSummarySchema) },
      },
    },
    async ({ query }) => pageAnswer('workflows', await lists.workflowPage(db, query, pageRequest('workflows', query))),
  );

  app.get(
    '/api/v1/workflows/:ref',
    {
      config: { permission: 'workflows:read' },
      schema: {
        tags: ['workflows'],
        operationId: 'getWorkflow',
        summary: 'Show a workflow',
        params: refParams,
        response: { 200: oneOf(WorkflowSchema) },
      },
    },
    async ({ params }) => ({ data: found(await lists.findWorkflow(db, params.ref), 'workflow', params.ref) }),
  );
}
