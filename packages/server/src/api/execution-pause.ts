import { AttuneError } from '@attune/core';
import { lists } from '@attune/db';
import { pause, resume, type ControlRefusal } from '@attune/engine';
import { z } from 'zod';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { found } from './edge/found.ts';
import { idParams, IdSchema, oneOf } from './edge/schema.ts';
import { ExecutionStatusSchema } from './execution-schema.ts';

/** Longest reason, in characters. */
const longestReason = 1_000;

const PauseSchema = z
  .strictObject({ reason: z.string().min(1).max(longestReason).optional().describe('For people: why it is paused') })
  .meta({ id: 'Pause' });

const PausedSchema = z
  .object({
    id: IdSchema,
    status: ExecutionStatusSchema,
    paused: z.boolean(),
    paused_by: IdSchema.nullable(),
    pause_reason: z.string().nullable(),
  })
  .meta({ id: 'PausedExecution', description: 'How a run stands now' });

export function executionPauseRoutes(app: Api, { db, bell }: ApiDeps): void {
  const standing = async (id: string) => {
    const { status, paused, paused_by, pause_reason } = found(await lists.findExecution(db, id), 'execution', id);
    return { data: { id, status, paused, paused_by, pause_reason } };
  };

  app.post(
    '/api/v1/executions/:id/pause',
    {
      config: { permission: 'executions:pause' },
      schema: {
        tags: ['executions'],
        operationId: 'pauseExecution',
        summary: 'Pause a run of a workflow and all runs below it',
        description:
          'What runs ends and is recorded; nothing starts until it is resumed. Time limits and deadlines go on counting.',
        params: idParams,
        body: PauseSchema.nullish(),
        response: { 200: oneOf(PausedSchema) },
      },
    },
    async ({ params: { id }, body }) => {
      const answer = await pause(db, id, body?.reason ?? null);
      if (answer.kind !== 'paused') throw refused(id, answer);
      bell.ring('execution', 'change');
      return standing(id);
    },
  );

  app.post(
    '/api/v1/executions/:id/resume',
    {
      config: { permission: 'executions:pause' },
      schema: {
        tags: ['executions'],
        operationId: 'resumeExecution',
        summary: 'Let a paused run go on',
        description: 'Where a run above it is paused too, only its own pause is lifted, and `paused` stays true.',
        params: idParams,
        response: { 200: oneOf(PausedSchema) },
      },
    },
    async ({ params: { id } }) => {
      const answer = await resume(db, id);
      switch (answer.kind) {
        case 'resumed':
        case 'held':
          bell.ring('execution', 'change');
          return standing(id);
        case 'paused_above':
          throw new AttuneError(
            'conflict',
            `Execution ${id} is paused with execution ${answer.paused_by} above it: resume that one`,
          );
        default:
          throw refused(id, answer);
      }
    },
  );
}

function refused(id: string, refusal: ControlRefusal): AttuneError {
  switch (refusal.kind) {
    case 'not_found':
      return new AttuneError('not_found', `There is no execution '${id}'`);
    case 'not_a_workflow':
      return new AttuneError(
        'conflict',
        `Execution ${id} runs '${refusal.action_ref}', which is no workflow: only a run of a workflow can be paused; cancel it instead`,
      );
    case 'not_begun':
      return new AttuneError('conflict', `Execution ${id} has not begun yet: it is ${refusal.status}`);
    case 'already_final':
      return new AttuneError('already_final', `Execution ${id} has ended already: ${refusal.status}`);
    case 'canceling':
      return new AttuneError('conflict', `Execution ${id} is being cancelled: nothing of it starts any more`);
  }
}
