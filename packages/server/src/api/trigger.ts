import { audit, lists } from '@attune/db';
import { makeWebhookSecrets } from '@attune/engine';
import { z } from 'zod';
import { audited, callerOf } from './auth/caller.ts';
import { permits } from './auth/permission.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { pageAnswer, pageRequest } from './edge/cursor.ts';
import { found } from './edge/found.ts';
import { bodyLimits } from './edge/limits.ts';
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
import { webhookSettings, type WebhookSettings } from './webhook/settings.ts';
import { sign } from './webhook/signature.ts';

const summaryShape = {
  id: IdSchema,
  ref: RefSchema,
  pack: IdSchema.nullable(),
  pack_ref: RefSchema.nullable(),
  label: z.string(),
  description: z.string().nullable(),
  enabled: z.boolean(),
  webhook_enabled: z.boolean(),
  revision: HashSchema.nullable(),
  created: InstantSchema,
  updated: InstantSchema,
};

const TriggerSummarySchema = z.object(summaryShape).meta({ id: 'TriggerSummary' });

const TriggerSchema = z
  .object({
    ...summaryShape,
    param_schema: JsonSchema,
    out_schema: JsonSchema,
    webhook_config: JsonSchema.describe('How deliveries are signed and told apart; never the key or the secret'),
  })
  .meta({ id: 'Trigger' });

const WebhookSchema = z
  .object({
    trigger_ref: RefSchema,
    url: z
      .string()
      .nullable()
      .describe(
        'Where the provider sends to; null where the address alone opens the webhook and the caller may see no secrets',
      ),
    hmac: z
      .object({ header: z.string(), algorithm: z.string(), prefix: z.string() })
      .nullable()
      .describe('How a delivery is signed; null: it need not be'),
    dedup_header: z.string().nullable(),
    secret: z.string().nullable().describe('Shown to who has the permission triggers:secret; the reading is audited'),
  })
  .meta({ id: 'Webhook' });

const BodyToSignSchema = z.strictObject({ content_base64: z.base64() }).meta({ id: 'BodyToSign' });

const SignedSchema = z
  .object({ url: z.string(), headers: z.record(z.string(), z.string()).describe('To send with exactly this body') })
  .meta({ id: 'SignedDelivery' });

export function triggerRoutes(app: Api, deps: ApiDeps): void {
  readRoutes(app, deps);
  webhookRoutes(app, deps);
}

function readRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/triggers',
    {
      config: { permission: 'triggers:read' },
      schema: {
        tags: ['triggers'],
        operationId: 'listTriggers',
        summary: 'List triggers',
        querystring: z.strictObject({ ...pageQuery, pack_ref: GivenRefSchema.optional() }),
        response: { 200: listOf(TriggerSummarySchema) },
      },
    },
    async ({ query }) => pageAnswer('triggers', await lists.triggerPage(db, query, pageRequest('triggers', query))),
  );

  app.get(
    '/api/v1/triggers/:ref',
    {
      config: { permission: 'triggers:read' },
      schema: {
        tags: ['triggers'],
        operationId: 'getTrigger',
        summary: 'Show a trigger',
        params: refParams,
        response: { 200: oneOf(TriggerSchema) },
      },
    },
    async ({ params }) => ({ data: found(await lists.findTrigger(db, params.ref), 'trigger', params.ref) }),
  );
}

function webhookRoutes(app: Api, deps: ApiDeps): void {
  const { db, secrets } = deps;

  app.get(
    '/api/v1/triggers/:ref/webhook',
    {
      config: { permission: 'triggers:read' },
      schema: {
        tags: ['triggers'],
        operationId: 'getTriggerWebhook',
        summary: "Show a trigger's webhook; its secret only to who may see it",
        params: refParams,
        response: { 200: oneOf(WebhookSchema) },
      },
    },
    async (request) => {
      const { ref } = request.params;
      const maySeeSecret = permits(callerOf(request).grants, 'triggers:secret');
      const settings = await webhookSettings(db, deps, ref);
      if (maySeeSecret) await audit.insert(db, audited(request, secretEvent('trigger.webhook_secret_read', ref)));
      return { data: webhookAnswer(settings, maySeeSecret) };
    },
  );

  app.post(
    '/api/v1/triggers/:ref/webhook/rotate',
    {
      config: { permission: 'triggers:secret' },
      schema: {
        tags: ['triggers'],
        operationId: 'rotateTriggerWebhook',
        summary: 'Give a webhook a new key and a new secret',
        description: 'The old address and the old secret are refused from now on: the provider must be told both.',
        params: refParams,
        response: { 200: oneOf(WebhookSchema) },
      },
    },
    async (request) => {
      const { ref } = request.params;
      const { trigger } = await webhookSettings(db, deps, ref);
      await db.transaction(async (tx) => {
        await makeWebhookSecrets(tx, trigger.id, secrets);
        await audit.insert(tx, audited(request, secretEvent('trigger.webhook_rotate', ref)));
      });
      return { data: webhookAnswer(await webhookSettings(db, deps, ref), true) };
    },
  );

  app.post(
    '/api/v1/triggers/:ref/webhook/sign',
    {
      config: { permission: 'triggers:secret' },
      bodyLimit: bodyLimits.sign,
      schema: {
        tags: ['triggers'],
        operationId: 'signTriggerWebhook',
        summary: 'Sign a body as the provider would',
        params: refParams,
        body: BodyToSignSchema,
        response: { 200: oneOf(SignedSchema) },
      },
    },
    async (request) => {
      const { ref } = request.params;
      const { webhook, url, secret } = await webhookSettings(db, deps, ref);
      const body = Buffer.from(request.body.content_base64, 'base64');
      const headers = webhook.hmac === null ? {} : { [webhook.hmac.header]: sign(webhook.hmac, secret, body) };
      await audit.insert(db, audited(request, secretEvent('trigger.webhook_sign', ref)));
      return { data: { url, headers } };
    },
  );
}

const secretEvent = (event_type: string, ref: string) =>
  ({ category: 'secret', event_type, resource_type: 'trigger', resource_ref: ref }) as const;

const webhookAnswer = ({ trigger, webhook, url, secret }: WebhookSettings, maySeeSecret: boolean) => ({
  trigger_ref: trigger.ref,
  // without a signature the key in the address is all it takes to send
  url: maySeeSecret || webhook.hmac !== null ? url : null,
  hmac: webhook.hmac,
  dedup_header: webhook.dedup_header,
  secret: maySeeSecret && webhook.hmac !== null ? secret : null,
});
