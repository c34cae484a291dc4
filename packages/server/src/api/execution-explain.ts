import { AttuneError, suggestion } from '@attune/core';
import { explainExecution } from '@attune/engine';
import { z } from 'zod';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { found } from './edge/found.ts';
import { idParams, oneOf, WordSchema } from './edge/schema.ts';
import { ExecutionExplanationSchema } from './explanation-schema.ts';

export function executionExplainRoute(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/executions/:id/explain',
    {
      config: { permission: 'executions:read' },
      schema: {
        tags: ['executions'],
        operationId: 'explainExecution',
        summary:
          'Explain an execution: why it is where it is and, of a workflow, why each task ran, waits or never runs',
        description:
          'Conditions are evaluated again on what was recorded; each proof evaluates to its value without the server.',
        params: idParams,
        querystring: z.strictObject({ task: WordSchema.optional().describe('Only this task of the workflow') }),
        response: { 200: oneOf(ExecutionExplanationSchema) },
      },
    },
    async ({ params: { id }, query: { task } }) => {
      const answer = found(await explainExecution(db, id, task), 'execution', id);
      if ('no_such_task' in answer) throw noSuchTask(id, answer.no_such_task, answer.tasks);
      return { data: answer };
    },
  );
}

function noSuchTask(id: string, task: string, tasks: readonly string[]): AttuneError {
  const message =
    tasks.length === 0
      ? `Execution ${id} is no run of a workflow, so it has no tasks`
      : `The workflow of execution ${id} has no task '${task}'.${suggestion(task, tasks)}`;
  return new AttuneError('bad_request', message, { details: [{ message, pointer: '/task' }] });
}
