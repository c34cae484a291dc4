import { triggers } from '@attune/db';
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import type { Api } from '../edge/api.ts';
import { bodyLimits } from '../edge/limits.ts';
import { IdSchema, oneOf, RefSchema } from '../edge/schema.ts';
import type { EventIngress } from '../event-ingress.ts';
import { Gathering } from '../gathering.ts';
import { receive, type Receiver } from './delivery.ts';

const ReceivedSchema = z
  .object({
    event_id: IdSchema,
    trigger_ref: RefSchema,
    repeated: z.boolean().describe('Whether this delivery came before; it is the same event then'),
  })
  .meta({ id: 'ReceivedDelivery' });

/** The one route that takes whatever a provider sends. It has a scope of its own, so that no other route ever reads a body raw. */
export function webhookRoute(app: Api, { db, secrets, bell }: ApiDeps, ingress: EventIngress): void {
  const known: Receiver['triggers'] = new Gathering({
    async answer(hashes) {
      const found = await triggers.findByWebhookKeyHashes(db, hashes);
      return hashes.map((hash) => found.get(hash) ?? null);
    },
  });
  const receiver: Receiver = { secrets, triggers: known, ingress };

  void app.register((scope: Api, _, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));

    scope.post(
      '/api/v1/webhooks/:key',
      {
        config: { permission: 'public' },
        bodyLimit: bodyLimits.webhook,
        schema: {
          tags: ['webhooks'],
          operationId: 'receiveWebhook',
          summary: 'Take what a provider sends to a webhook',
          description:
            "The provider's raw body, at most 10 MiB: JSON, or a form whose field `payload` holds JSON. It must be signed as the trigger says; who knows the key alone is refused. A delivery that is repeated within 24 hours gets the same event.",
          consumes: ['application/json', 'application/x-www-form-urlencoded'],
          params: z.object({ key: z.string().max(200) }),
          response: { 200: oneOf(ReceivedSchema) },
        },
      },
      async (request) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const received = await receive(receiver, { key: request.params.key, headers: request.headers, body });
        if (!received.repeated) bell.ring('event');
        return { data: received };
      },
    );
    done();
  });
}
