import type { Random } from './random.ts';

/** An instant as the old database was told it, and as it has to read afterwards. */
export interface OldInstant {
  /** What was written into the old table: local time and offset. */
  spelt: string;
  /** RFC 3339 in UTC with microseconds, or how PostgreSQL spells what that cannot. */
  utc: string;
}

const offsetMinutes = [0, 60, 120, -300, -360, 345, 570, -210, 765, 780, 840, -720];

/** Clock changes and the ends of time, as microseconds since 1970. */
const edges = [
  '1970-01-01T00:00:00Z',
  '2025-10-26T00:30:00Z', // 02:30 in Berlin, the first of two
  '2025-10-26T01:30:00Z', // and the second
  '2025-03-30T01:00:00Z', // the hour that Berlin does not have
  '2025-11-02T06:30:00Z', // 01:30 in Chicago, doubled
  '2025-03-09T08:00:00Z', // missing in Chicago
  '2011-12-30T10:00:00Z', // the day that Apia left out
  '9999-12-31T09:59:59Z',
].map((text) => BigInt(Date.parse(text)) * 1000n);

const beyond: readonly OldInstant[] = [
  { spelt: 'infinity', utc: 'infinity' },
  { spelt: '-infinity', utc: '-infinity' },
  { spelt: '9999-12-31 23:59:59.999999+00', utc: '9999-12-31T23:59:59.999999Z' },
  { spelt: '1970-01-01 00:00:00+00', utc: '1970-01-01T00:00:00.000000Z' },
];

/** Any instant: one of the edges, one of recent years, or one that no calendar holds. */
export function someInstant(random: Random): OldInstant {
  if (random.oneIn(6)) return random.pick(beyond);
  const whole = random.oneIn(2) ? random.pick(edges) : BigInt(1_700_000_000 + random.below(80_000_000)) * 1_000_000n;
  return instant(whole + BigInt(random.pick([0, 1, 123456, 500000, 999999])), random.pick(offsetMinutes));
}

function instant(microseconds: bigint, offset: number): OldInstant {
  const sign = offset < 0 ? '-' : '+';
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
  const local = microseconds + BigInt(offset) * 60_000_000n;
  return {
    spelt: `${textOf(local).replace('T', ' ').slice(0, -1)}${sign}${hours}:${minutes}`,
    utc: textOf(microseconds),
  };
}

function textOf(microseconds: bigint): string {
  const fraction = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n; // also before 1970
  const whole = new Date(Number((microseconds - fraction) / 1000n)).toISOString().slice(0, -'.000Z'.length);
  return `${whole}.${String(fraction).padStart(6, '0')}Z`;
}
