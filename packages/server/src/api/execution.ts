import { AttuneError, executionStatuses, type Id } from '@attune/core';
import { breakPoint, lists, type Database, type Topic } from '@attune/db';
import { cancel, knownActions, requestApart, requestExecutions, type ExecutionRequest } from '@attune/engine';
import { z } from 'zod';
import { callerOf } from './auth/caller.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { pageAnswer, pageRequest } from './edge/cursor.ts';
import { found } from './edge/found.ts';
import { bodyLimits, logLimit, treeLimit } from './edge/limits.ts';
import {
  FlagSchema,
  GivenRefSchema,
  idParams,
  IdSchema,
  JsonObjectSchema,
  listOf,
  oneOf,
  pageQuery,
} from './edge/schema.ts';
import { withoutSecrets } from './edge/secret-mask.ts';
import { readLogText } from './execution-log.ts';
import {
  ExecutionLogSchema,
  ExecutionNodeSchema,
  ExecutionSchema,
  ExecutionStatusSchema,
  ExecutionSummarySchema,
  LogStreamSchema,
} from './execution-schema.ts';
import { treeOf } from './execution-tree.ts';
import { allOf, assertBatchSize, batchOf, createBatch, CreatedSchema } from './batch.ts';
import { gatheredRows } from './gathering.ts';
import { groupCommit } from './group-commit.ts';
import {
  bodyBytes,
  createEach,
  idempotencyHeaders,
  nameOfOnce,
  requestHash,
  type Created,
  type Once,
} from './idempotency.ts';

const NewExecutionSchema = z
  .strictObject({ action_ref: GivenRefSchema, parameters: JsonObjectSchema.default({}) })
  .meta({ id: 'NewExecution' });

const NewExecutionsSchema = z.strictObject({ executions: batchOf(NewExecutionSchema) }).meta({ id: 'NewExecutions' });

/** `status=running,scheduled` and `status=running&status=scheduled` ask for the same. */
const StatusesSchema = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',') : value),
  z.array(ExecutionStatusSchema).min(1).max(executionStatuses.length),
);

export function executionRoutes(app: Api, deps: ApiDeps): void {
  readRoutes(app, deps);
  requestRoutes(app, deps);
  cancelRoute(app, deps);
}

function readRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/executions',
    {
      config: { permission: 'executions:read' },
      schema: {
        tags: ['executions'],
        operationId: 'listExecutions',
        summary: 'List executions',
        querystring: z.strictObject({
          ...pageQuery,
          status: StatusesSchema.optional().describe('One or more, separated by commas'),
          action_ref: GivenRefSchema.optional(),
          parent: IdSchema.optional(),
          enforcement: IdSchema.optional(),
          rule_ref: GivenRefSchema.optional(),
          trigger_ref: GivenRefSchema.optional(),
          workflow_execution: IdSchema.optional().describe('The tasks of this run'),
          rerun_of: IdSchema.optional().describe('Those that run this execution again'),
          top_level: FlagSchema.optional().describe('true: only what no other execution started'),
        }),
        response: { 200: listOf(ExecutionSummarySchema) },
      },
    },
    async ({ query }) =>
      pageAnswer('executions', await lists.executionPage(db, query, pageRequest('executions', query))),
  );

  app.get(
    '/api/v1/executions/:id',
    {
      config: { permission: 'executions:read' },
      schema: {
        tags: ['executions'],
        operationId: 'getExecution',
        summary: 'Show an execution',
        params: idParams,
        response: { 200: oneOf(ExecutionSchema) },
      },
    },
    async ({ params }) => {
      const execution = found(await lists.findExecution(db, params.id), 'execution', params.id);
      return { data: withoutSecrets(execution) };
    },
  );

  app.get(
    '/api/v1/executions/:id/tree',
    {
      config: { permission: 'executions:read' },
      schema: {
        tags: ['executions'],
        operationId: 'getExecutionTree',
        summary: 'Show an execution with all that it started',
        params: idParams,
        response: { 200: oneOf(ExecutionNodeSchema) },
      },
    },
    async ({ params }) => {
      const rows = await lists.executionTree(db, params.id, treeLimit + 1);
      return { data: found(treeOf(rows, treeLimit), 'execution', params.id) };
    },
  );

  app.get(
    '/api/v1/executions/:id/logs',
    {
      config: { permission: 'executions:read' },
      schema: {
        tags: ['executions'],
        operationId: 'getExecutionLog',
        summary: 'Read the output of an execution, also while it runs',
        params: idParams,
        querystring: z.strictObject({
          stream: LogStreamSchema.default('stdout'),
          offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe('Byte to read from'),
          limit: z.coerce
            .number()
            .int()
            .min(4)
            .max(logLimit.most)
            .default(logLimit.default)
            .describe('Most bytes to read'),
        }),
        response: { 200: oneOf(ExecutionLogSchema) },
      },
    },
    async ({ params, query }) => {
      const part = await lists.readLog(db, params.id, query.stream, query.offset, query.limit);
      return { data: readLogText(query, found(part, 'execution', params.id)) };
    },
  );
}

/** One execution that somebody asks for. */
interface SentRequest {
  once: Once;
  request: ExecutionRequest;
  /** Bytes of the body it came in. */
  size: number;
}

/** What was asked for, and for whom to ring. */
type Asked = Created & { topics?: readonly Topic[] };

const executionIngress = (db: Database) =>
  groupCommit<SentRequest, Asked>(db, {
    sizeOf: ({ size }) => size,
    nameOf: ({ once }) => nameOfOnce(once),
    carryOut: carryOutRequests,
  });

/** Without a name among them requests need nothing but their own statement. */
async function carryOutRequests(db: Database, sent: readonly SentRequest[]): Promise<readonly (Asked | AttuneError)[]> {
  const requests = sent.map(({ request }) => request);
  if (sent.every(({ once }) => once.key === undefined))
    return requestApart(db, requests, (answers, topics) => answers.map((answer) => made(answer, topics)));
  const known = await knownActions(db, requests);
  return db.transaction((tx) =>
    createEach(
      tx,
      sent.map(({ once }) => once),
      (places) =>
        requestExecutions(
          tx,
          places.flatMap((place) => requests[place] ?? []),
          known,
        ),
    ),
  );
}

const made = (answer: Id | AttuneError, topics: readonly Topic[]): Asked | AttuneError =>
  answer instanceof AttuneError ? answer : { id: answer, repeated: false, topics };

function requestRoutes(app: Api, { db, bell, secrets }: ApiDeps): void {
  const ingress = executionIngress(db);
  const detailOf = gatheredRows((ids) => lists.findExecutions(db, ids));

  app.post(
    '/api/v1/executions',
    {
      config: { permission: 'actions:execute' },
      schema: {
        tags: ['executions'],
        operationId: 'createExecution',
        summary: 'Execute an action',
        description: "Parameters are checked against the action's schema; each problem is named with its JSON pointer.",
        headers: idempotencyHeaders,
        body: NewExecutionSchema,
        response: { 200: oneOf(ExecutionSchema), 201: oneOf(ExecutionSchema) },
      },
    },
    async (request, reply) => {
      const executor = callerOf(request).id;
      const { action_ref, parameters } = request.body;
      const {
        id,
        repeated,
        topics = ['execution'],
      } = await ingress.ask({
        once: {
          scope: `executions:${executor}`,
          key: request.headers['idempotency-key'],
          entity_type: 'execution',
          request_hash: () => requestHash({ action_ref, parameters }, secrets),
        },
        request: { action_ref, parameters, executor },
        size: bodyBytes(request),
      });
      breakPoint('request.stored');
      if (!repeated) bell.ring(...topics, 'change');
      const execution = found(await detailOf(id), 'execution', id);
      void reply.code(repeated ? 200 : 201);
      return { data: withoutSecrets(execution) };
    },
  );

  app.post(
    '/api/v1/executions/batch',
    {
      config: { permission: 'actions:execute' },
      bodyLimit: bodyLimits.batch,
      preValidation: (request, _reply, done) => {
        assertBatchSize(request.body, 'executions');
        done();
      },
      schema: {
        tags: ['executions'],
        operationId: 'createExecutions',
        summary: 'Execute many actions at once',
        description:
          'All of them or none: each wrong entry is named with its JSON pointer. An Idempotency-Key counts for the whole batch.',
        headers: idempotencyHeaders,
        body: NewExecutionsSchema,
        response: { 200: oneOf(CreatedSchema), 201: oneOf(CreatedSchema) },
      },
    },
    async (request, reply) => {
      const executor = callerOf(request).id;
      const { executions } = request.body;
      const key = request.headers['idempotency-key'];
      const wanted = executions.map(({ action_ref, parameters }) => ({ action_ref, parameters, executor }));
      const created: { ids: Id[]; repeated: boolean; topics?: readonly Topic[] } =
        key === undefined
          ? await requestApart(db, wanted, (answers, topics) => ({
              ...{ ids: allOf(answers, 'executions'), repeated: false, topics },
            }))
          : await createBatch(
              db,
              'executions',
              {
                ...{ scope: `executions:${executor}`, key, entity_type: 'execution' },
                request_hash: () => requestHash({ executions }, secrets),
              },
              (tx) => requestExecutions(tx, wanted),
            );
      const { ids, repeated, topics = ['execution'] } = created;
      if (!repeated) bell.ring(...topics, 'change');
      void reply.code(repeated ? 200 : 201);
      return { data: { ids } };
    },
  );
}

function cancelRoute(app: Api, { db, bell }: ApiDeps): void {
  app.post(
    '/api/v1/executions/:id/cancel',
    {
      config: { permission: 'executions:cancel' },
      schema: {
        tags: ['executions'],
        operationId: 'cancelExecution',
        summary: 'Cancel an execution and all below it',
        description: 'What has not started is `cancelled` at once; what runs is `canceling` until it has stopped.',
        params: idParams,
        response: { 200: oneOf(z.object({ id: IdSchema, status: ExecutionStatusSchema })) },
      },
    },
    async ({ params: { id } }) => {
      const answer = await cancel(db, id);
      switch (answer.kind) {
        case 'cancelled':
          bell.ring('cancel', 'execution', 'change');
          return { data: { id, status: answer.status } };
        case 'not_found':
          throw new AttuneError('not_found', `There is no execution '${id}'`);
        case 'already_final':
          throw new AttuneError('already_final', `Execution ${id} has ended already: ${answer.status}`);
      }
    },
  );
}
