import { AttuneError } from '@attune/core';

/** Adds one more value of an option that may be given several times. */
export const collect = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];

/** Headers given as `name=value` or `name: value`; names are lower case, as HTTP compares them.
 *  @throws AttuneError bad_request, naming the option and what was expected. */
export function readHeaders(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const found = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*[=:]\s*(.*)$/s.exec(text);
      const [, name = '', value = ''] = found ?? [];
      if (found === null || /[\r\n\0]/.test(value)) {
        throw new AttuneError('bad_request', `--header '${text}' is not NAME=VALUE, e.g. --header x-github-event=push`);
      }
      return [name.toLowerCase(), value.trim()];
    }),
  );
}
