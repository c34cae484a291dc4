import { isJsonObject, type Json } from '@attune/core';
import { stringify } from 'yaml';
import type { Paint } from './paint.ts';
import { safeLine, safeText } from './safe-text.ts';

/** What is known about a thing: the field's name as in the API, its value, and how to colour it. */
export type Field = readonly [name: string, value: Json | undefined, colour?: (text: string, paint: Paint) => string];

/** The fields of one thing, aligned; objects, lists and texts of several lines stand below as indented blocks. What is null or not known
 *  is left out. */
export function formatRecord(fields: readonly Field[], paint: Paint): string {
  const known = fields.filter(([, value]) => value !== undefined && value !== null);
  const inline = known.filter(([, value]) => !isBlock(value));
  const widest = Math.max(0, ...inline.map(([name]) => name.length));
  const lines = inline.map(([name, value, colour]) => {
    const text = safeLine(inlineText(value));
    return `${paint.dim(name.padEnd(widest))}  ${colour === undefined ? text : colour(text, paint)}`;
  });
  const blocks = known
    .filter(([, value]) => isBlock(value))
    .map(([name, value]) => `${paint.dim(`${name}:`)}\n${block(value ?? null)}`);
  return [...lines, ...blocks].join('\n');
}

/** A JSON value as YAML (a text as it is), indented by two. */
export const block = (value: Json): string =>
  safeText(typeof value === 'string' ? value : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }))
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');

function isBlock(value: Json | undefined): boolean {
  if (typeof value === 'string') return value.includes('\n');
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) && Object.keys(value).length > 0;
}

function inlineText(value: Json | undefined): string {
  if (Array.isArray(value)) return '[]';
  if (isJsonObject(value)) return '{}';
  return String(value ?? '');
}
