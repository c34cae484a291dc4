import type { Keyword } from './keyword.ts';
import { arrayKeywords } from './array-keywords.ts';
import { combiningKeywords } from './combining-keywords.ts';
import { generalKeywords } from './general-keywords.ts';
import { numberKeywords } from './number-keywords.ts';
import { objectKeywords } from './object-keywords.ts';
import { stringKeywords } from './string-keywords.ts';

/** Every keyword of a definition: those of JSON Schema 2020-12 that concern one value, and `secret` and `position` of ours.
 *  References (`$ref`, `$defs`) and the `unevaluated...` pair are left out: a schema is a tree that is read from top to bottom. */
export const keywords: Record<string, Keyword> = {
  ...generalKeywords,
  ...numberKeywords,
  ...stringKeywords,
  ...arrayKeywords,
  ...objectKeywords,
  ...combiningKeywords,
};
