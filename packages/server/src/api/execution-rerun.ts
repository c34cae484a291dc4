import type { JsonObject } from '@attune/core';
import { lists } from '@attune/db';
import { rerunExecution } from '@attune/engine';
import { z } from 'zod';
import { callerOf } from './auth/caller.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { found } from './edge/found.ts';
import { withoutSecrets } from './edge/secret-mask.ts';
import { idParams, JsonObjectSchema, oneOf } from './edge/schema.ts';
import { ExecutionSchema } from './execution-schema.ts';
import { createOnce, idempotencyHeaders, requestHash } from './idempotency.ts';

const RerunSchema = z
  .strictObject({
    from: z
      .string()
      .min(1)
      .max(2_000)
      .optional()
      .describe('Task of a workflow to begin with; inside of nested workflows `outer.inner`'),
    failed: z.boolean().default(false).describe('Begin with what failed, instead'),
    reset_items: z.boolean().default(false).describe('Run the completed items of the tasks it begins with again, too'),
    latest: z.boolean().default(false).describe('Use the newest definitions instead of those it ran with'),
    parameters: JsonObjectSchema.default({}).describe('Parameters to change; the others stay as they were'),
  })
  .refine((body) => !(body.failed && body.from !== undefined), {
    message: 'expected either "from" or "failed", not both',
    path: ['failed'],
  })
  .meta({ id: 'Rerun' });

export function executionRerunRoute(app: Api, { db, bell, secrets }: ApiDeps): void {
  app.post(
    '/api/v1/executions/:id/rerun',
    {
      config: { permission: 'actions:execute' },
      schema: {
        tags: ['executions'],
        operationId: 'rerunExecution',
        summary: 'Run an execution again that has ended: the whole, or from a task on',
        description:
          'A new execution, which names the other one in `rerun_of`. What is before, or beside, the task it begins with is taken over where its definition and its parameters are the same; explaining the new execution says what was, and why the rest was not.',
        headers: idempotencyHeaders,
        params: idParams,
        body: RerunSchema,
        response: { 200: oneOf(ExecutionSchema), 201: oneOf(ExecutionSchema) },
      },
    },
    async (request, reply) => {
      const executor = callerOf(request).id;
      const { from, failed, ...asked } = request.body;
      const mode = from !== undefined ? 'from' : failed ? 'failed' : 'whole';
      const execution = request.params.id;
      const { id, repeated } = await createOnce(
        db,
        {
          scope: `executions:${executor}`,
          key: request.headers['idempotency-key'],
          entity_type: 'execution',
          request_hash: () =>
            requestHash({ rerun_of: execution, mode, from: from ?? null, ...asked } satisfies JsonObject, secrets),
        },
        (tx) => rerunExecution(tx, { execution, mode, from: from ?? null, executor, ...asked }),
      );
      if (!repeated) bell.ring('execution', 'change');
      const made = found(await lists.findExecution(db, id), 'execution', id);
      void reply.code(repeated ? 200 : 201);
      return { data: withoutSecrets(made) };
    },
  );
}
