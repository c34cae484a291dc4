/** An instant as people read it: UTC to the second, still RFC 3339 so that it can be copied into a filter. */
export function formatInstant(instant: string | null | undefined): string {
  if (instant === null || instant === undefined) return '';
  return instant.replace(/\.\d+(?=Z$)/, '');
}
