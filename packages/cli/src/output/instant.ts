/** An instant as people read it: UTC to the second, still RFC 3339 so that it can be copied into a filter. */
export const formatInstant = <T extends string | null | undefined>(instant: T): T =>
  (typeof instant === 'string' ? instant.replace(/\.\d+(?=Z$)/, '') : instant) as T;
