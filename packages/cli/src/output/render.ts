import { stringifyJson, type Json } from '@attune/core';
import { stringify } from 'yaml';

export const outputFormats = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** A value for programs, with the field names of the API; integers keep all their digits. */
export function renderValue(value: Json, format: 'json' | 'yaml'): string {
  if (format === 'json') return stringifyJson(value, 2);
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
}
