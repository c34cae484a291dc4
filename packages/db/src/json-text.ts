import { stringifyJson, type Json } from '@attune/core';

/** A JSON value as an element of a list of texts, which goes into a statement as `text[]::jsonb[]`; null and undefined are SQL NULL. */
export const jsonText = (value: Json | undefined): string | null =>
  value === undefined || value === null ? null : stringifyJson(value);
