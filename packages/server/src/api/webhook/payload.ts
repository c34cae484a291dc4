import { AttuneError, type Json } from '@attune/core';
import { readJsonBody, readUtf8 } from '../edge/json-body.ts';

/** The payload in a provider's raw body: JSON, or a form whose field `payload` holds JSON.
 *  @throws AttuneError unsupported_media_type, malformed_json with the place, invalid_input. */
export function readPayload(contentType: string | undefined, body: Uint8Array): Json {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (/^application\/(?:[a-z0-9.+-]+\+)?json$/.test(mediaType)) return readJsonBody(body);
  if (mediaType === 'application/x-www-form-urlencoded') {
    const payload = new URLSearchParams(readUtf8(body)).get('payload');
    if (payload !== null) return readJsonBody(Buffer.from(payload));
    throw new AttuneError('invalid_input', 'The form has no field `payload`', {
      details: [{ message: 'expected a field `payload` that holds JSON', pointer: '/payload' }],
    });
  }
  throw new AttuneError(
    'unsupported_media_type',
    "A webhook takes 'application/json', or 'application/x-www-form-urlencoded' with a field `payload`",
  );
}
