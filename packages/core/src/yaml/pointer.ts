/** JSON pointers (RFC 6901): '' is the whole document, `/tasks/0/name` a value inside it. */

/** The pointer of a member or an element of what `pointer` names. */
export const childPointer = (pointer: string, key: string | number): string =>
  `${pointer}/${typeof key === 'string' && mustEscape.test(key) ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key}`;

const mustEscape = /[~/]/;

/** The keys on the way from the document's root, unescaped. */
export const pointerKeys = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

/** The pointer of the container of what `pointer` names; '' for the root itself. */
export const parentPointer = (pointer: string): string => pointer.slice(0, Math.max(0, pointer.lastIndexOf('/')));
