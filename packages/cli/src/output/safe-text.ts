/** What could move the cursor, ring a bell, recolour, or reorder what is read: control characters without tab and line feed, and the
 *  marks that change the direction of text. */
const unsafe = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text of others (payloads, names, results) as it may be shown in a terminal: unsafe characters become visible escapes. */
export const safeText = (text: string): string =>
  text.replace(unsafe, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** The same on one line. */
export const safeLine = (text: string): string => safeText(text).replaceAll('\n', '\\n').replaceAll('\t', ' ');
