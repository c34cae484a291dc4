import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AttuneError, type HmacDefinition, type Id, type WebhookDefinition } from '@attune/core';
import { breakPoint, type triggers } from '@attune/db';
import type { ApiDeps } from '../deps.ts';
import type { EventIngress } from '../event-ingress.ts';
import type { Gathering } from '../gathering.ts';
import { IdempotencyKeySchema } from '../idempotency.ts';
import { readWebhookConfig } from './config.ts';
import { readPayload } from './payload.ts';
import { isSignedBy } from './signature.ts';
import { singleHeader, visibleHeaders } from './visible-headers.ts';

/** What a provider sent. */
export interface Delivery {
  key: string;
  headers: IncomingHttpHeaders;
  /** The bytes as they came: the signature is over these, not over what they mean. */
  body: Uint8Array;
}

export interface ReceivedDelivery {
  event_id: Id;
  trigger_ref: string;
  /** Whether it came before; it is the same event then. */
  repeated: boolean;
}

/** What receiving needs. */
export interface Receiver {
  secrets: ApiDeps['secrets'];
  /** Triggers by the SHA-256 of their webhook keys; null where none has it. */
  triggers: Gathering<string, triggers.TriggerRow | null>;
  ingress: EventIngress;
}

/** Turns a delivery into an event: once, however often it is delivered. Nothing in the body is looked at before the signature is.
 *  @throws AttuneError signature_invalid for an unknown key as for a wrong signature: a guess must not learn which it was. */
export async function receive(receiver: Receiver, delivery: Delivery): Promise<ReceivedDelivery> {
  const { trigger, webhook } = await authentic(receiver, delivery);
  if (!trigger.enabled) throw new AttuneError('conflict', `The trigger '${trigger.ref}' is disabled`);
  const payload = readPayload(singleHeader(delivery.headers, 'content-type'), delivery.body);
  const { id, repeated } = await receiver.ingress.ask({
    once: {
      scope: `webhook:${trigger.id}`,
      key: deliveryKey(delivery.headers, webhook),
      entity_type: 'event',
      request_hash: () => digest(delivery.body),
    },
    event: {
      trigger: trigger.id,
      trigger_ref: trigger.ref,
      payload,
      headers: visibleHeaders(delivery.headers, webhook),
      source_ref: 'webhook',
    },
    size: delivery.body.length,
  });
  breakPoint('webhook.stored');
  return { event_id: id, trigger_ref: trigger.ref, repeated };
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function authentic(
  { secrets, triggers: known }: Receiver,
  { key, headers, body }: Delivery,
): Promise<{ trigger: triggers.TriggerRow; webhook: WebhookDefinition }> {
  const trigger = (await known.ask(digest(Buffer.from(key)))) ?? undefined;
  const webhook = trigger && readWebhookConfig(trigger.webhook_config);
  if (trigger === undefined || webhook === undefined) {
    // as much work as for a known key, so that the time tells as little as the answer
    isSignedBy(decoy.hmac, decoy.secret, body, undefined);
    throw refused();
  }
  if (webhook.hmac !== null) {
    // a webhook that is to be signed but has no secret takes nothing
    if (trigger.webhook_secret_encrypted === null) throw refused();
    const secret = secrets.open(trigger.webhook_secret_encrypted);
    if (!isSignedBy(webhook.hmac, secret, body, singleHeader(headers, webhook.hmac.header))) throw refused();
  }
  return { trigger, webhook };
}

const decoy: { hmac: HmacDefinition; secret: string } = {
  hmac: { header: '', algorithm: 'sha256', prefix: '' },
  secret: randomBytes(32).toString('base64url'),
};

const refused = () =>
  new AttuneError('signature_invalid', 'There is no webhook with this key, or the signature is not that of the body');

/** What tells a repeated delivery: the header that the trigger names, else Idempotency-Key. */
function deliveryKey(headers: IncomingHttpHeaders, webhook: WebhookDefinition): string | undefined {
  const names = [webhook.dedup_header, 'idempotency-key'].filter((name) => name !== null);
  const name = names.find((one) => headers[one] !== undefined);
  if (name === undefined) return undefined;
  const key = IdempotencyKeySchema.safeParse(headers[name]);
  if (key.success) return key.data;
  throw new AttuneError('bad_request', `The header ${name} cannot tell deliveries apart`, {
    details: key.error.issues.map(({ message }) => ({ message, pointer: `/${name}` })),
  });
}
