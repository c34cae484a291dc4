import type { Instant } from '@attune/core';

/** PostgreSQL's text of a timestamptz in a UTC session (`2026-11-24 10:00:00.5+00`) as RFC 3339 with microseconds. What RFC
 *  3339 cannot spell (infinity, years beyond 9999, BC) stays as PostgreSQL writes it. */
export function instantFromText(text: string): Instant {
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?\+00$/.exec(text);
  if (match === null) return text;
  const [, year, month, day, hour, minute, second, fraction = ''] = match as unknown as string[];
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(6, '0')}Z`;
}
