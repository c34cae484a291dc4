import { lists } from '@attune/db';
import { explainEvent, recordEvents } from '@attune/engine';
import { z } from 'zod';
import { callerOf } from './auth/caller.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { pageAnswer, pageRequest } from './edge/cursor.ts';
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
  WordSchema,
} from './edge/schema.ts';
import { assertBatchSize, batchOf, createBatch, CreatedSchema } from './batch.ts';
import { bodyLimits } from './edge/limits.ts';
import type { EventIngress } from './event-ingress.ts';
import { gatheredRows } from './gathering.ts';
import { bodyBytes, idempotencyHeaders, requestHash } from './idempotency.ts';

const summaryShape = {
  id: IdSchema,
  trigger: IdSchema.nullable(),
  trigger_ref: RefSchema,
  source_ref: z.string().nullable().describe('Where it came from: `webhook`, `api`, or an action'),
  cause: IdSchema.nullable().describe('The execution that emitted it'),
  created: InstantSchema,
  matched_at: InstantSchema.nullable().describe('When its rules were matched; null: not yet'),
};

const EventSummarySchema = z.object(summaryShape).meta({ id: 'EventSummary' });

const RuleExplanationSchema = z
  .object({
    rule_ref: RefSchema,
    revision: HashSchema.describe('Revision of the rule that the event met'),
    matches: z.boolean(),
    proof: JsonSchema.describe('Every clause with its operands and result; null: the rule has no conditions'),
    error: JsonSchema,
    enforcement: z
      .object({ id: IdSchema, status: z.string(), error: JsonSchema, executions: z.array(IdSchema) })
      .nullable(),
  })
  .meta({ id: 'RuleExplanation' });

const EventSchema = z
  .object({
    ...summaryShape,
    payload: JsonSchema,
    headers: JsonSchema.describe('HTTP headers by lower-case name, for a webhook'),
    rule_set: HashSchema.nullable().describe('Revision of the rule set it met'),
    explanation: z.object({
      matched_at: InstantSchema.nullable(),
      error: JsonSchema.describe('Why it could not be matched at all, where it could not'),
      rules: z.array(RuleExplanationSchema).describe('Why each rule did or did not answer it'),
    }),
  })
  .meta({ id: 'Event' });

const NewEventSchema = z
  .strictObject({ trigger_ref: GivenRefSchema, payload: JsonSchema.default({}) })
  .meta({ id: 'NewEvent' });

const NewEventsSchema = z.strictObject({ events: batchOf(NewEventSchema) }).meta({ id: 'NewEvents' });

export function eventRoutes(app: Api, deps: ApiDeps, ingress: EventIngress): void {
  readRoutes(app, deps);
  recordRoutes(app, deps, ingress);
}

function readRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/events',
    {
      config: { permission: 'events:read' },
      schema: {
        tags: ['events'],
        operationId: 'listEvents',
        summary: 'List events',
        querystring: z.strictObject({
          ...pageQuery,
          trigger_ref: GivenRefSchema.optional(),
          source_ref: WordSchema.optional(),
          cause: IdSchema.optional(),
        }),
        response: { 200: listOf(EventSummarySchema) },
      },
    },
    async ({ query }) => pageAnswer('events', await lists.eventPage(db, query, pageRequest('events', query))),
  );

  app.get(
    '/api/v1/events/:id',
    {
      config: { permission: 'events:read' },
      schema: {
        tags: ['events'],
        operationId: 'getEvent',
        summary: 'Show an event, and why each rule did or did not answer it',
        params: idParams,
        response: { 200: oneOf(EventSchema) },
      },
    },
    async ({ params }) => {
      const event = found(await lists.findEvent(db, params.id), 'event', params.id);
      const explanation = found(await explainEvent(db, params.id), 'event', params.id);
      return { data: { ...event, explanation } };
    },
  );
}

function recordRoutes(app: Api, { db, bell, secrets }: ApiDeps, ingress: EventIngress): void {
  const summaryOf = gatheredRows((ids) => lists.findEvents(db, ids));

  app.post(
    '/api/v1/events',
    {
      config: { permission: 'events:create' },
      schema: {
        tags: ['events'],
        operationId: 'recordEvent',
        summary: 'Record an event of a trigger',
        headers: idempotencyHeaders,
        body: NewEventSchema,
        response: { 200: oneOf(EventSummarySchema), 201: oneOf(EventSummarySchema) },
      },
    },
    async (request, reply) => {
      const { trigger_ref, payload } = request.body;
      const { id, repeated } = await ingress.ask({
        once: {
          scope: `events:${callerOf(request).id}`,
          key: request.headers['idempotency-key'],
          entity_type: 'event',
          request_hash: () => requestHash({ trigger_ref, payload }, secrets),
        },
        event: { trigger_ref, payload, source_ref: 'api' },
        size: bodyBytes(request),
      });
      if (!repeated) bell.ring('event');
      void reply.code(repeated ? 200 : 201);
      return { data: found(await summaryOf(id), 'event', id) };
    },
  );

  app.post(
    '/api/v1/events/batch',
    {
      config: { permission: 'events:create' },
      bodyLimit: bodyLimits.batch,
      preValidation: (request, _reply, done) => {
        assertBatchSize(request.body, 'events');
        done();
      },
      schema: {
        tags: ['events'],
        operationId: 'recordEvents',
        summary: 'Record many events at once',
        description:
          'All of them or none: each wrong entry is named with its JSON pointer. An Idempotency-Key counts for the whole batch.',
        headers: idempotencyHeaders,
        body: NewEventsSchema,
        response: { 200: oneOf(CreatedSchema), 201: oneOf(CreatedSchema) },
      },
    },
    async (request, reply) => {
      const { events } = request.body;
      const { ids, repeated } = await createBatch(
        db,
        'events',
        {
          scope: `events:${callerOf(request).id}`,
          key: request.headers['idempotency-key'],
          entity_type: 'event',
          request_hash: () => requestHash({ events }, secrets),
        },
        (tx) =>
          recordEvents(
            tx,
            events.map(({ trigger_ref, payload }) => ({ trigger_ref, payload, source_ref: 'api' })),
          ),
      );
      if (!repeated) bell.ring('event');
      void reply.code(repeated ? 200 : 201);
      return { data: { ids } };
    },
  );
}
