import { AttuneError } from '@attune/core';

/** What was looked for.
 *  @throws AttuneError not_found where it is not there, naming it. */
export function found<T>(row: T | undefined, noun: string, name: string): T {
  if (row === undefined) throw new AttuneError('not_found', `There is no ${noun} '${name}'`);
  return row;
}
