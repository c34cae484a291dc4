import { AttuneError } from '@attune/core';
import { inquiries, lists, type Caller, type Inquiry } from '@attune/db';
import { respond } from '@attune/engine';
import { z } from 'zod';
import { callerOf } from './auth/caller.ts';
import { permits } from './auth/permission.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { pageAnswer, pageRequest } from './edge/cursor.ts';
import { found } from './edge/found.ts';
import { maskSecrets } from './edge/secret-mask.ts';
import { idParams, IdSchema, InstantSchema, JsonSchema, listOf, oneOf, pageQuery, RefSchema } from './edge/schema.ts';

const StatusSchema = z.enum(inquiries.inquiryStatuses).meta({ id: 'InquiryStatus' });

const summaryShape = {
  id: IdSchema,
  execution: IdSchema.describe('What waits for the answer'),
  action_ref: RefSchema,
  task_name: z.string().nullable(),
  prompt: z.string(),
  assigned_to: IdSchema.nullable().describe('The identity that is asked; null: whoever may answer'),
  assigned_login: z.string().nullable(),
  status: StatusSchema,
  timeout_at: InstantSchema.nullable().describe('Until when an answer counts; null: as long as it takes'),
  responded_at: InstantSchema.nullable(),
  created: InstantSchema,
  updated: InstantSchema,
};

const InquirySummarySchema = z.object(summaryShape).meta({ id: 'InquirySummary' });

const InquirySchema = z
  .object({
    ...summaryShape,
    response_schema: JsonSchema.describe('Flat schema of the answer; null: any JSON value is one'),
    response: JsonSchema,
    responded_by: IdSchema.nullable(),
    responded_login: z.string().nullable(),
  })
  .meta({ id: 'Inquiry', description: 'A question to a person' });

const ResponseSchema = z.strictObject({ response: JsonSchema }).meta({ id: 'InquiryResponse' });

/** Who is asked may see and answer the question without any further permission; so these routes look at the inquiry themselves. */
export function inquiryRoutes(app: Api, deps: ApiDeps): void {
  readRoutes(app, deps);
  respondRoute(app, deps);
}

function readRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/inquiries',
    {
      config: { permission: 'authenticated' },
      schema: {
        tags: ['inquiries'],
        operationId: 'listInquiries',
        summary: 'List inquiries',
        description: 'Without the permission `inquiries:read` only those that are assigned to you.',
        querystring: z.strictObject({
          ...pageQuery,
          status: StatusSchema.optional(),
          execution: IdSchema.optional(),
          assigned_to: z
            .union([z.literal('me'), IdSchema])
            .optional()
            .describe('An id, or `me`'),
        }),
        response: { 200: listOf(InquirySummarySchema) },
      },
    },
    async (request) => {
      const { query } = request;
      const caller = callerOf(request);
      const asked = query.assigned_to === 'me' ? caller.id : query.assigned_to;
      const assigned_to = mayRead(caller) ? asked : caller.id;
      if (asked !== undefined && asked !== assigned_to) return { data: [], next_cursor: null };
      const { status, execution } = query;
      const page = await lists.inquiryPage(db, { status, execution, assigned_to }, pageRequest('inquiries', query));
      return pageAnswer('inquiries', page);
    },
  );

  app.get(
    '/api/v1/inquiries/:id',
    {
      config: { permission: 'authenticated' },
      schema: {
        tags: ['inquiries'],
        operationId: 'getInquiry',
        summary: 'Show an inquiry',
        description: 'It needs the permission `inquiries:read`, or to be the one who is asked.',
        params: idParams,
        response: { 200: oneOf(InquirySchema) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const inquiry = await lists.findInquiry(db, id);
      return { data: shown(found(maySee(callerOf(request), inquiry) ? inquiry : undefined, 'inquiry', id)) };
    },
  );
}

function respondRoute(app: Api, { db, bell }: ApiDeps): void {
  app.post(
    '/api/v1/inquiries/:id/respond',
    {
      config: { permission: 'authenticated' },
      schema: {
        tags: ['inquiries'],
        operationId: 'respondToInquiry',
        summary: 'Answer an inquiry',
        description:
          'It needs the permission `inquiries:respond`, or to be the one who is asked. The first answer counts; an answer that does not ' +
          'fit the response schema is refused, each problem with its JSON pointer, and the inquiry stays pending.',
        params: idParams,
        body: ResponseSchema,
        response: { 200: oneOf(InquirySchema) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const caller = callerOf(request);
      const asked = await lists.findInquiry(db, id);
      const inquiry = found(maySee(caller, asked) ? asked : undefined, 'inquiry', id);
      if (inquiry.assigned_to !== caller.id && !permits(caller.grants, 'inquiries:respond')) {
        throw new AttuneError(
          'forbidden',
          'This needs the permission inquiries:respond, or to be the one who is asked',
        );
      }
      const answer = await respond(db, { inquiry: id, response: request.body.response, by: caller.id });
      switch (answer.kind) {
        case 'responded':
          bell.ring('execution', 'change');
          return { data: shown(found(await lists.findInquiry(db, id), 'inquiry', id)) };
        case 'not_found':
          throw new AttuneError('not_found', `There is no inquiry '${id}'`);
        case 'not_pending':
          throw new AttuneError('conflict', whyNot(answer.inquiry));
        case 'invalid':
          throw new AttuneError('invalid_input', `The response does not fit what inquiry ${id} asks for`, {
            details: answer.problems,
          });
      }
    },
  );
}

const shown = (inquiry: lists.InquiryDetail): lists.InquiryDetail => ({
  ...inquiry,
  response: maskSecrets(inquiry.response_schema, inquiry.response),
});

const mayRead = (caller: Caller): boolean => permits(caller.grants, 'inquiries:read');

/** To others it is as if it were not there. */
const maySee = (caller: Caller, inquiry: { assigned_to: string | null } | undefined): boolean =>
  mayRead(caller) || permits(caller.grants, 'inquiries:respond') || inquiry?.assigned_to === caller.id;

function whyNot({ id, status, responded_at, timeout_at }: Inquiry): string {
  switch (status) {
    case 'responded':
      return `Inquiry ${id} was answered already, at ${responded_at ?? 'a time not known'}`;
    case 'cancelled':
      return `Inquiry ${id} was cancelled, together with what had asked`;
    case 'timeout':
    case 'pending':
      return `The deadline of inquiry ${id} has passed: it was ${timeout_at ?? 'a time not known'}`;
  }
}
