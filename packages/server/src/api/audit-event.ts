import { lists } from '@attune/db';
import { z } from 'zod';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { pageAnswer, pageRequest } from './edge/cursor.ts';
import { IdSchema, InstantSchema, JsonSchema, listOf, pageQuery, WordSchema } from './edge/schema.ts';

const CategorySchema = z.enum(['auth', 'secret', 'admin', 'pack']);
const OutcomeSchema = z.enum(['success', 'failure', 'denied']);

const AuditEventSchema = z
  .object({
    id: IdSchema,
    category: CategorySchema,
    event_type: z.string(),
    outcome: OutcomeSchema,
    actor_identity: IdSchema.nullable(),
    actor_login: z.string().nullable(),
    resource_type: z.string().nullable(),
    resource_ref: z.string().nullable(),
    request_id: z.string().nullable(),
    details: JsonSchema,
    created: InstantSchema,
  })
  .meta({ id: 'AuditEvent' });

export function auditEventRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/audit-events',
    {
      config: { permission: 'audit_events:read' },
      schema: {
        tags: ['audit'],
        operationId: 'listAuditEvents',
        summary: 'List who logged in, read a secret, or changed what',
        querystring: z.strictObject({
          ...pageQuery,
          category: CategorySchema.optional(),
          event_type: WordSchema.optional(),
          outcome: OutcomeSchema.optional(),
          actor_login: WordSchema.optional(),
        }),
        response: { 200: listOf(AuditEventSchema) },
      },
    },
    async ({ query }) =>
      pageAnswer('audit_events', await lists.auditPage(db, query, pageRequest('audit_events', query))),
  );
}
