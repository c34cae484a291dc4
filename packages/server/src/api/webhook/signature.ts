import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HmacDefinition } from '@attune/core';

/** The value of the signature header for a body: prefix and hex digits. */
export const sign = (hmac: HmacDefinition, secret: string, body: Uint8Array): string =>
  hmac.prefix + createHmac(hmac.algorithm, secret).update(body).digest('hex');

/** Whether the header's value is the signature of exactly these bytes. The digits may be in either case; the time taken does not tell
 *  how many of them are right. */
export function isSignedBy(hmac: HmacDefinition, secret: string, body: Uint8Array, given: string | undefined): boolean {
  const expected = Buffer.from(sign(hmac, secret, body));
  if (given === undefined || !given.startsWith(hmac.prefix)) return false;
  const digits = given.slice(hmac.prefix.length).toLowerCase();
  const candidate = Buffer.from(hmac.prefix + digits);
  return candidate.length === expected.length && timingSafeEqual(candidate, expected);
}
