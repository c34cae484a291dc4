import type { Json, Problem } from '@attune/core';

/** What jsonb cannot hold, each with its JSON pointer: the character U+0000, half a surrogate pair, and numbers beyond a double. */
export function findUnstorable(value: Json, pointer = ''): Problem[] {
  if (typeof value === 'string') return storableText(value) ? [] : [{ message: textMessage, pointer }];
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [{ message: 'The number is too large', pointer }];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => findUnstorable(item, `${pointer}/${index}`));
  return Object.entries(value).flatMap(([key, member]) => {
    const place = `${pointer}/${escapePointer(key)}`;
    return storableText(key) ? findUnstorable(member, place) : [{ message: `A key: ${textMessage}`, pointer: place }];
  });
}

const textMessage = 'A text must not contain the character U+0000 or a surrogate without its other half';

// with the flag `u` a surrogate matches only where it has no other half
const storableText = (text: string): boolean => !/[\0\p{Surrogate}]/u.test(text);

/** A key as a step of a JSON pointer (RFC 6901). */
export const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
