import { isJsonObject, type Json } from '@attune/core';
import { stringify } from 'yaml';
import type { Paint } from './paint.ts';
import { safeLine, safeText } from './safe-text.ts';

/** What is known about a thing: the field's name as in the API, its value, and how it is shown. */
export type Field = readonly [name: string, value: Json | undefined, look?: Look];

interface Look {
  colour?: (text: string, paint: Paint) => string;
  /** Most lines of a block; what is behind them is counted. Default: all. */
  lines?: number;
}

/** The fields of one thing, aligned; objects, lists and texts of several lines stand below as indented blocks. What is null or not known
 *  is left out. */
export function formatRecord(fields: readonly Field[], paint: Paint): string {
  const known = fields.filter(([, value]) => value !== undefined && value !== null);
  const inline = known.filter(([, value]) => !isBlock(value));
  const widest = Math.max(0, ...inline.map(([name]) => name.length));
  const lines = inline.map(([name, value, look]) => {
    const text = safeLine(inlineText(value));
    return `${paint.dim(name.padEnd(widest))}  ${look?.colour?.(text, paint) ?? text}`;
  });
  const blocks = known
    .filter(([, value]) => isBlock(value))
    .map(([name, value, look]) => [paint.dim(`${name}:`), ...blockLines(value ?? null, look?.lines)].join('\n'));
  return [...lines, ...blocks].join('\n');
}

/** A JSON value as YAML (a text as it is), indented by two. */
function blockLines(value: Json, most = Infinity): string[] {
  const text = typeof value === 'string' ? value : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  const lines = safeText(text).trimEnd().split('\n');
  const shown = lines.slice(0, most);
  if (lines.length > most) shown.push(`… ${lines.length - most} more lines; -o yaml shows all`);
  return shown.map((line) => (line === '' ? '' : `  ${line}`));
}

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
