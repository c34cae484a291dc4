import { maskSecrets } from '@attune/core';
import { lists } from '@attune/db';
import { z } from 'zod';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { pageAnswer, pageRequest } from './edge/cursor.ts';
import { found } from './edge/found.ts';
import {
  HashSchema,
  idParams,
  IdSchema,
  InstantSchema,
  JsonSchema,
  listOf,
  pageQuery,
  RefSchema,
} from './edge/schema.ts';

const WorkflowStepSchema = z
  .object({
    step: z.int().describe('Counts within the run, from 1'),
    created: InstantSchema,
    decision: JsonSchema.describe('What was decided, or the `successor` of an attempt; secrets are masked'),
    execution: IdSchema.nullable().describe('The attempt that ended or came into being; null for the beginning'),
    action_ref: RefSchema.nullable(),
    revision: HashSchema.nullable().describe('Definition that attempt ran with'),
    result: JsonSchema.describe('Its result; secrets are masked'),
    workflow_execution: IdSchema.nullable().describe('The run that it is itself, where its action is a workflow'),
  })
  .meta({ id: 'WorkflowStep' });

export function workflowStepRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/executions/:id/steps',
    {
      config: { permission: 'executions:read' },
      schema: {
        tags: ['executions'],
        operationId: 'listWorkflowSteps',
        summary: 'List the record of a run of a workflow, first step first',
        description:
          'Everything that was decided and, with it, the result that it was decided on. It is only added to.',
        params: idParams,
        querystring: z.strictObject(pageQuery),
        response: { 200: listOf(WorkflowStepSchema) },
      },
    },
    async ({ params, query }) => {
      const steps = await lists.workflowSteps(db, params.id, pageRequest('workflow_steps', query));
      const page = found(steps, 'execution', params.id);
      const rows = page.rows.map((row) => ({
        ...row,
        decision: maskSecrets(row.decision),
        result: maskSecrets(row.result),
      }));
      return pageAnswer('workflow_steps', { ...page, rows });
    },
  );
}
