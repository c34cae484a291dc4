import { isJsonObject, type HmacDefinition, type Json, type WebhookDefinition } from '@attune/core';

const algorithms = ['sha256', 'sha512', 'sha1'] as const satisfies HmacDefinition['algorithm'][];

/** What a trigger's row says about its webhook; undefined where that cannot be understood, which must be read as 'refuse everything',
 *  never as 'no signature is needed'. */
export function readWebhookConfig(stored: Json): WebhookDefinition | undefined {
  if (!isJsonObject(stored)) return undefined;
  const { hmac, dedup_header = null } = stored;
  if (dedup_header !== null && typeof dedup_header !== 'string') return undefined;
  if (hmac === null) return { hmac: null, dedup_header };
  if (!isJsonObject(hmac)) return undefined;
  const { header, prefix = '' } = hmac;
  const algorithm = algorithms.find((one) => one === hmac['algorithm']);
  if (typeof header !== 'string' || header === '' || typeof prefix !== 'string' || algorithm === undefined) {
    return undefined;
  }
  return { hmac: { header, algorithm, prefix }, dedup_header };
}
