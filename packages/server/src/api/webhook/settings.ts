import { AttuneError, type WebhookDefinition } from '@attune/core';
import { triggers, type Database } from '@attune/db';
import type { ApiDeps } from '../deps.ts';
import { found } from '../edge/found.ts';
import { readWebhookConfig } from './config.ts';

/** A trigger's webhook, opened. */
export interface WebhookSettings {
  trigger: triggers.TriggerRow;
  webhook: WebhookDefinition;
  url: string;
  secret: string;
}

/** @throws AttuneError not_found where there is no such trigger, conflict where it has no webhook. */
export async function webhookSettings(
  db: Database,
  { secrets, url }: Pick<ApiDeps, 'secrets' | 'url'>,
  ref: string,
): Promise<WebhookSettings> {
  const trigger = found(await triggers.findByRef(db, ref), 'trigger', ref);
  const webhook = trigger.webhook_enabled ? readWebhookConfig(trigger.webhook_config) : undefined;
  const { webhook_key_encrypted: key, webhook_secret_encrypted: secret } = trigger;
  if (webhook === undefined || key === null || secret === null) {
    throw new AttuneError('conflict', `The trigger '${ref}' has no webhook`);
  }
  return { trigger, webhook, url: `${url()}/api/v1/webhooks/${secrets.open(key)}`, secret: secrets.open(secret) };
}
