import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject, WebhookDefinition } from '@attune/core';

/** Headers that prove who sent a request. An event is read by many; who could read these could send in the provider's name. */
const hidden = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-hub-signature',
  'x-hub-signature-256',
  'x-api-key',
  'x-gitlab-token',
]);

/** The headers of a delivery as rules see them in `event.headers`: by lower-case name, several of one name joined. */
export function visibleHeaders(headers: IncomingHttpHeaders, webhook: WebhookDefinition): JsonObject {
  const isHidden = (name: string) => hidden.has(name) || name === webhook.hmac?.header;
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || isHidden(name) ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

/** One header's value; undefined where it was not sent, or sent several times. */
export function singleHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
